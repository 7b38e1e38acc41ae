/**
 * The keys of providers that a gateway holds for its callers: masked, with their last use; added, replaced, removed.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { accountPath, gatewayPath, get, getPage } from "./api.ts"
import { Confirm, Dialog, ReadOnly, useDoing } from "./dialog.tsx"
import { count, money, visible } from "./format.ts"
import type { Settings } from "./gateway-state.ts"
import { keyOf, loadUses } from "./key-use.ts"
import { Badge, Panel, Problem, Text, Time, useLoaded } from "./parts.tsx"
import { LastUsed, LogReach } from "./used.tsx"
import { useCanWrite, useYou } from "./you.ts"
import { getVersioned, write } from "./write.ts"

/** A key, without its secret. */
export interface ProviderKey {
  readonly id: string
  readonly provider_slug: string
  readonly alias: string
  readonly default_config: boolean
  readonly secret_preview: string
  readonly modified_at: string
}

const Form = ({ account, path, known, onClose, onDone }: {
  readonly account: string
  readonly path: string
  /** The key that is replaced; `undefined` for a new one. */
  readonly known: ProviderKey | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}) => {
  const you = useYou()
  const [provider, setProvider] = useState(known?.provider_slug ?? "baseten")
  const [alias, setAlias] = useState(known?.alias ?? "default")
  const [isDefault, setDefault] = useState(known?.default_config ?? true)
  const [secret, setSecret] = useState("")
  const doing = useDoing()
  const custom = useLoaded(
    `${account} slugs`,
    (signal) =>
      get<ReadonlyArray<{ readonly slug: string }>>(
        `${accountPath(account)}/custom-providers`,
        { per_page: 100 },
        signal,
      ),
  )
  const slugs = ["baseten", ...(custom.value ?? []).map(({ slug }) => `custom-${slug}`)]
  const canSeal = you?.canSeal === true
  const save = async (): Promise<void> => {
    const common = {
      alias: alias.trim(),
      default_config: isDefault,
      ...(secret !== "" && { secret: secret.trim() }),
    }
    if (known === undefined) {
      await write("POST", `${path}/provider_configs`, { ...common, provider_slug: provider })
    } else {
      const { tag } = await getVersioned(`${path}/provider_configs/${known.id}`)
      await write("PATCH", `${path}/provider_configs/${known.id}`, common, tag)
    }
    setSecret("")
    onDone()
  }
  return (
    <Dialog
      title={known === undefined ? "New provider key" : `The key ${known.alias} of ${known.provider_slug}`}
      onClose={onClose}
    >
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          doing.run(save)
        }}
      >
        <label>
          <span>Provider</span>
          <select
            value={provider}
            disabled={known !== undefined}
            onChange={({ currentTarget }) => setProvider(currentTarget.value)}
          >
            {[...new Set([...slugs, provider])].map((slug) => <option key={slug}>{slug}</option>)}
          </select>
        </label>
        <label>
          <span>
            Alias, by which <code>cf-aig-byok-alias</code> chooses it
          </span>
          <input
            value={alias}
            required
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setAlias(currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isDefault}
            onChange={({ currentTarget }) => setDefault(currentTarget.checked)}
          />{" "}
          Used unless a call names another
        </label>
        <label>
          <span>{known === undefined ? "The key" : "The new key; empty leaves it as it is"}</span>
          <input
            {...(canSeal && !secret.startsWith("env:") ? { type: "password" } : { type: "text" })}
            value={secret}
            required={known === undefined}
            autocomplete="off"
            spellcheck={false}
            placeholder={canSeal ? "" : "env:NAME"}
            aria-describedby="secret-help"
            onInput={({ currentTarget }) => setSecret(currentTarget.value)}
          />
        </label>
        <p id="secret-help" class="note">
          {canSeal
            ? (
              <>
                It is sealed under <code>BASEGATE_SECRET_KEY</code> and never shown again.{" "}
                <code>env:NAME</code> takes it from the variable NAME instead.
              </>
            )
            : (
              <>
                This gateway has no <code>BASEGATE_SECRET_KEY</code>{" "}
                to seal keys with, so only a reference can be written: put the key into a variable of the
                gateway, and write <code>env:</code> and its name here.
              </>
            )}
        </p>
        {doing.problem !== undefined && <Problem error={doing.problem} />}
        <div class="row actions">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={doing.isBusy}>
            {known === undefined ? "Add the key" : "Save"}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** The aliases of keys that stand in a gateway's settings, by provider. */
const declaredKeys = (settings: Settings): ReadonlyArray<readonly [provider: string, alias: string]> =>
  Object.entries(Object(settings["provider_keys"]) as Record<string, ReadonlyArray<string>>)
    .flatMap(([provider, aliases]) => aliases.map((alias) => [provider, alias] as const))

type Asked =
  | { readonly what: "new" }
  | { readonly what: "replace" | "remove"; readonly key: ProviderKey }

/** The tab. */
export const ProviderKeys = ({ account, gateway, isManaged, settings }: {
  readonly account: string
  readonly gateway: string
  readonly isManaged: boolean
  readonly settings: Settings
}) => {
  const path = gatewayPath(account, gateway)
  const you = useYou()
  const canWrite = useCanWrite() && isManaged
  const [asked, setAsked] = useState<Asked | undefined>(undefined)
  const list = useLoaded(
    `${path} keys`,
    (signal) => getPage<ReadonlyArray<ProviderKey>>(`${path}/provider_configs`, { per_page: 100 }, signal),
  )
  const uses = useLoaded(
    `${path} key uses`,
    (signal) => loadUses(path, ["provider", "key_alias"], path, signal),
    60_000,
  )
  const keys = list.value?.result ?? []
  const written = new Set(keys.map((key) => keyOf([key.provider_slug, key.alias])))
  const others = list.value === undefined
    ? []
    : declaredKeys(settings).filter((pair) => !written.has(keyOf(pair)))
  const close = (): void => setAsked(undefined)
  const rows = [
    ...keys.map((key) => ({ provider: key.provider_slug, alias: key.alias, key })),
    ...others.map(([provider, alias]) => ({ provider, alias, key: undefined })),
  ]
  return (
    <Panel
      title={list.value === undefined
        ? "Provider keys"
        : `${count(rows.length)} provider ${rows.length === 1 ? "key" : "keys"}`}
      aside={canWrite && (
        <button type="button" class="primary" onClick={() => setAsked({ what: "new" })}>
          New provider key
        </button>
      )}
    >
      {!isManaged
        ? <ReadOnly why="Keys of this gateway are declared with its settings: add and remove them there." />
        : you?.role === "read" && (
          <ReadOnly
            why={`The admin token "${you.name}" may only read: keys are written with one that may write.`}
          />
        )}
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {uses.error !== undefined && <Problem error={uses.error} onRetry={uses.reload} />}
      {list.value !== undefined && rows.length === 0 && (
        <p class="note">
          This gateway holds no key: callers send their own to the provider, as their API key.
        </p>
      )}
      {rows.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Provider keys">
          <table class="stack">
            <thead>
              <tr>
                <th scope="col">Alias</th>
                <th scope="col">Provider</th>
                <th scope="col">Key</th>
                <th scope="col">Changed</th>
                <th scope="col">Last used</th>
                <th scope="col" class="number">Requests, this month</th>
                <th scope="col" class="number">Cost, this month</th>
                {canWrite && (
                  <th scope="col">
                    <span class="heard">Change</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ provider, alias, key }) => {
                const use = uses.value?.of(keyOf([provider, alias]))
                return (
                  <tr key={`${provider}/${alias}`}>
                    <th scope="row">
                      <Text>{alias}</Text>{" "}
                      {key?.default_config === true && <Badge kind="good">default</Badge>}
                    </th>
                    <td data-label="Provider">
                      <Text>{provider}</Text>
                    </td>
                    <td data-label="Key">
                      <code>{key?.secret_preview ?? "declared"}</code>
                    </td>
                    <td data-label="Changed">{key !== undefined && <Time at={key.modified_at} />}</td>
                    <td data-label="Last used">
                      <LastUsed use={use} begins={uses.value?.logBegins} />
                    </td>
                    <td data-label="Requests, this month" class="number">{count(use?.monthRequests)}</td>
                    <td data-label="Cost, this month" class="number">{money(use?.monthCost)}</td>
                    {canWrite && (
                      <td class="does">
                        {key !== undefined && (
                          <>
                            <button
                              type="button"
                              class="quiet"
                              aria-label={`Replace ${visible(alias)} of ${provider}`}
                              onClick={() => setAsked({ what: "replace", key })}
                            >
                              Replace
                            </button>
                            <button
                              type="button"
                              class="quiet"
                              aria-label={`Remove ${visible(alias)} of ${provider}`}
                              onClick={() => setAsked({ what: "remove", key })}
                            >
                              Remove
                            </button>
                          </>
                        )}
                      </td>
                    )}
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
      {uses.value !== undefined && rows.length > 0 && <LogReach begins={uses.value.logBegins} />}
      {(asked?.what === "new" || asked?.what === "replace") && (
        <Form
          account={account}
          path={path}
          known={asked.what === "replace" ? asked.key : undefined}
          onClose={close}
          onDone={() => {
            close()
            list.reload()
          }}
        />
      )}
      {asked?.what === "remove" && (
        <Confirm
          title={`Remove the key ${visible(asked.key.alias)}`}
          action="Remove the key"
          name={asked.key.alias}
          onClose={close}
          onDone={list.reload}
          onDo={() => write("DELETE", `${path}/provider_configs/${asked.key.id}`)}
        >
          <p>
            Calls that use it are refused from then on, unless they bring a key of their own. The provider is
            not told: revoke the key there as well.
          </p>
        </Confirm>
      )}
    </Panel>
  )
}
