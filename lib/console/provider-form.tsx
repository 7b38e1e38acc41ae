/**
 * The form to add or change a custom provider.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { ApiError } from "./api.ts"
import { FormDialog } from "./form-dialog.tsx"
import { Problem } from "./parts.tsx"
import { headerLines, type Provider } from "./providers.tsx"
import { getVersioned, problemsByField, type Versioned, write } from "./write.ts"
import { useSession } from "./session.ts"

const headersOf = (lines: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.split("\n").filter((line) => line.trim() !== "").map((line) => {
      const at = line.indexOf(":")
      return at === -1 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )

export const ProviderForm = ({ path, known, onClose, onDone }: {
  readonly path: string
  readonly known: Versioned<Provider> | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}) => {
  const provider = known?.value
  const session = useSession()
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
  const set = (change: Partial<typeof typed>): void => {
    setTyped({ ...typed, ...change })
    setProblems(new Map())
  }
  const save = async (): Promise<void> => {
    setStale(false)
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
    <FormDialog
      title={provider === undefined ? "New custom provider" : `Edit ${provider.slug}`}
      action={provider === undefined ? "Add the provider" : "Save"}
      onSend={save}
      onClose={onClose}
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
          placeholder={session?.canSeal === true ? "x-tenant: acme" : "authorization: env:NAME"}
          value={typed.headers}
          onInput={({ currentTarget }) => set({ headers: currentTarget.value })}
        />
        {problems.has("headers") && <span class="field-problem" role="alert">{problems.get("headers")}</span>}
        <span class="note">
          {session?.canSeal === true
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
    </FormDialog>
  )
}
