/**
 * Custom providers of an account: listed, added, changed, deleted.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { accountPath, ApiError, getPage } from "./api.ts"
import { Confirm, Dialog, ReadOnly, useDoing } from "./dialog.tsx"
import { count, visible } from "./format.ts"
import { Badge, Panel, Problem, Text, Time, useLoaded } from "./parts.tsx"
import { useCanWrite, useYou } from "./you.ts"
import { getVersioned, problemsByField, type Versioned, write } from "./write.ts"

interface Provider {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly description?: string
  readonly base_url: string
  readonly allow_http: boolean
  readonly enable: boolean
  /** Text of a JSON object. */
  readonly headers: string
  readonly modified_at: string
}

/** Headers, one in a line. */
const headerLines = (headers: string): string =>
  Object.entries(JSON.parse(headers) as Record<string, string>).map(([name, value]) => `${name}: ${value}`)
    .join("\n")

const headersOf = (lines: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.split("\n").filter((line) => line.trim() !== "").map((line) => {
      const at = line.indexOf(":")
      return at === -1 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )

const Form = ({ path, known, onClose, onDone }: {
  readonly path: string
  readonly known: Versioned<Provider> | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}) => {
  const provider = known?.value
  const you = useYou()
  const [typed, setTyped] = useState({
    name: provider?.name ?? "",
    slug: provider?.slug ?? "",
    base_url: provider?.base_url ?? "",
    headers: headerLines(provider?.headers ?? "{}"),
    description: provider?.description ?? "",
    allow_http: provider?.allow_http ?? false,
    enable: provider?.enable ?? true,
  })
  const [tag, setTag] = useState(known?.tag ?? "")
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map())
  const [isStale, setStale] = useState(false)
  const doing = useDoing()
  const set = (change: Partial<typeof typed>): void => {
    setTyped({ ...typed, ...change })
    setProblems(new Map())
  }
  const save = async (): Promise<void> => {
    const body = { ...typed, headers: headersOf(typed.headers) }
    try {
      if (provider === undefined) await write("POST", path, body)
      else await write("PATCH", `${path}/${provider.id}`, body, tag)
      onDone()
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      if (cause.status === 409 && cause.result != null && provider !== undefined) {
        setTag((await getVersioned<Provider>(`${path}/${provider.id}`)).tag)
        return setStale(true)
      }
      if (cause.status !== 400) throw cause
      setProblems(problemsByField(cause.message, (name) => Object.hasOwn(typed, name)))
    }
  }
  const text = (name: "name" | "slug" | "base_url" | "description", label: string, isFixed = false) => (
    <label>
      <span>{label}</span>
      <input
        value={typed[name]}
        disabled={isFixed}
        required={name !== "description"}
        autofocus={name === "name" && provider === undefined}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problems.has(name)}
        onInput={({ currentTarget }) => set({ [name]: currentTarget.value })}
      />
      {problems.has(name) && <span class="field-problem" role="alert">{problems.get(name)}</span>}
    </label>
  )
  return (
    <Dialog
      title={provider === undefined ? "New custom provider" : `Edit ${provider.slug}`}
      onClose={onClose}
    >
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          setStale(false)
          doing.run(save)
        }}
      >
        {text("name", "Name")}
        {text("slug", "Slug: it is called as custom-{slug}", provider !== undefined)}
        {text("base_url", "Base URL, below which request paths are put")}
        <label>
          <span>Headers that are added to each call, one in a line</span>
          <textarea
            class="code"
            rows={3}
            spellcheck={false}
            placeholder={you?.canSeal === true ? "x-tenant: acme" : "authorization: env:NAME"}
            value={typed.headers}
            onInput={({ currentTarget }) => set({ headers: currentTarget.value })}
          />
          {problems.has("headers") && (
            <span class="field-problem" role="alert">{problems.get("headers")}</span>
          )}
          <span class="note">
            {you?.canSeal === true
              ? "Those that look like secrets are sealed and shown masked; leave a masked one as it is to keep it."
              : "This gateway has no BASEGATE_SECRET_KEY to seal secrets with: write env:NAME for those that are."}
          </span>
        </label>
        {text("description", "Description")}
        <label class="check">
          <input
            type="checkbox"
            checked={typed.allow_http}
            onChange={({ currentTarget }) => set({ allow_http: currentTarget.checked })}
          />{" "}
          Allow http:, to a loopback host only
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={typed.enable}
            onChange={({ currentTarget }) => set({ enable: currentTarget.checked })}
          />{" "}
          Gateways may call it
        </label>
        {problems.has("") && <Problem error={problems.get("")} />}
        {isStale && (
          <Problem error="Somebody else has changed this provider meanwhile. Save again to put yours in its place, or cancel to look first." />
        )}
        {doing.problem !== undefined && <Problem error={doing.problem} />}
        <div class="row actions">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={doing.isBusy}>
            {provider === undefined ? "Add the provider" : "Save"}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

type Asked =
  | { readonly what: "new" }
  | { readonly what: "edit"; readonly known: Versioned<Provider> }
  | { readonly what: "delete"; readonly provider: Provider }

/** The tab. */
export const Providers = ({ account }: { readonly account: string }) => {
  const path = `${accountPath(account)}/custom-providers`
  const you = useYou()
  const canWrite = useCanWrite()
  const [asked, setAsked] = useState<Asked | undefined>(undefined)
  const list = useLoaded(path, (signal) => getPage<ReadonlyArray<Provider>>(path, { per_page: 100 }, signal))
  const opening = useDoing()
  const providers = list.value?.result ?? []
  const close = (): void => setAsked(undefined)
  return (
    <Panel
      title={list.value === undefined
        ? "Custom providers"
        : `${count(providers.length)} custom ${providers.length === 1 ? "provider" : "providers"}`}
      aside={canWrite && (
        <button type="button" class="primary" onClick={() => setAsked({ what: "new" })}>
          New custom provider
        </button>
      )}
    >
      <p class="note">
        All managed gateways of this account may call them. Those that a settings file declares stand with the
        gateways that it declares.
      </p>
      {you?.role === "read" && (
        <ReadOnly
          why={`The admin token "${you.name}" may only read: providers are added with one that may write.`}
        />
      )}
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {opening.problem !== undefined && <Problem error={opening.problem} />}
      {list.value !== undefined && providers.length === 0 && (
        <p class="note">
          There is none yet. A custom provider is any host that speaks OpenAI's wire, or its own.
        </p>
      )}
      {providers.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Custom providers">
          <table class="stack">
            <thead>
              <tr>
                <th scope="col">Slug</th>
                <th scope="col">Name</th>
                <th scope="col">Base URL</th>
                <th scope="col">Headers</th>
                <th scope="col">Changed</th>
                {canWrite && (
                  <th scope="col">
                    <span class="heard">Change</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {providers.map((provider) => (
                <tr key={provider.id}>
                  <th scope="row">
                    custom-{provider.slug} {!provider.enable && <Badge kind="left">off</Badge>}
                  </th>
                  <td data-label="Name">
                    <Text>{provider.name}</Text>
                    {provider.description !== undefined && provider.description !== "" && (
                      <div class="note">
                        <Text>{provider.description}</Text>
                      </div>
                    )}
                  </td>
                  <td data-label="Base URL">
                    <Text>{provider.base_url}</Text>
                  </td>
                  <td data-label="Headers" class="lines">
                    <Text>{headerLines(provider.headers)}</Text>
                  </td>
                  <td data-label="Changed">
                    <Time at={provider.modified_at} />
                  </td>
                  {canWrite && (
                    <td class="does">
                      <button
                        type="button"
                        class="quiet"
                        aria-label={`Edit ${provider.slug}`}
                        onClick={() =>
                          opening.run(async () =>
                            setAsked({
                              what: "edit",
                              known: await getVersioned<Provider>(`${path}/${provider.id}`),
                            })
                          )}
                      >
                        Edit
                      </button>
                      <button
                        type="button"
                        class="quiet"
                        aria-label={`Delete ${provider.slug}`}
                        onClick={() => setAsked({ what: "delete", provider })}
                      >
                        Delete
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {(asked?.what === "new" || asked?.what === "edit") && (
        <Form
          path={path}
          known={asked.what === "edit" ? asked.known : undefined}
          onClose={close}
          onDone={() => {
            close()
            list.reload()
          }}
        />
      )}
      {asked?.what === "delete" && (
        <Confirm
          title={`Delete custom-${visible(asked.provider.slug)}`}
          action="Delete the provider"
          name={asked.provider.slug}
          onClose={close}
          onDone={list.reload}
          onDo={() => write("DELETE", `${path}/${asked.provider.id}`)}
        >
          <p>Calls to it fail from then on.</p>
        </Confirm>
      )}
    </Panel>
  )
}
