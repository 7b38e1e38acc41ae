/**
 * The provider keys that a gateway stores for its callers: masked, with their last use. They can be added, replaced
 * and removed.
 *
 * @module
 */
import { ChangeColumn, RowButtons, WhyReadOnly } from "./list-parts.tsx"
import { ProviderKeyForm } from "./provider-key-form.tsx"
import { useState } from "preact/hooks"
import { gatewayApiPath, getPage } from "./api.ts"
import { Confirm } from "./form-dialog.tsx"
import { count, money, unknown, visible } from "./format.ts"
import type { SettingValues } from "./gateway-state.ts"
import { keyOf, loadUses } from "./key-use.ts"
import { Badge, Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import { LastUsed, LogReach } from "./last-used.tsx"
import { useCanWrite } from "./session.ts"
import { write } from "./write.ts"

/** A key, without its secret. */
export interface ProviderKey {
  readonly id: string
  readonly provider_slug: string
  readonly alias: string
  readonly default_config: boolean
  readonly secret_preview: string
  readonly modified_at: string
}

/** The aliases of keys in a gateway's settings, by provider. */
const declaredKeys = (settings: SettingValues): ReadonlyArray<readonly [provider: string, alias: string]> =>
  Object.entries(Object(settings["provider_keys"]) as Record<string, ReadonlyArray<string>>)
    .flatMap(([provider, aliases]) => aliases.map((alias) => [provider, alias] as const))

type Asked =
  | { readonly what: "new" }
  | { readonly what: "replace" | "remove"; readonly key: ProviderKey }

export const ProviderKeysTab = ({ account, gateway, isManaged, settings }: {
  readonly account: string
  readonly gateway: string
  readonly isManaged: boolean
  readonly settings: SettingValues
}) => {
  const path = gatewayApiPath(account, gateway)
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
      <WhyReadOnly
        what="keys"
        {...(!isManaged &&
          { declared: "Keys of this gateway are declared with its settings: add and remove them there." })}
      />
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {uses.error !== undefined && <Problem error={uses.error} onRetry={uses.reload} />}
      {list.value !== undefined && rows.length === 0 && (
        <p class="note">
          This gateway holds no key: callers send their own to the provider, as their API key.
        </p>
      )}
      {rows.length > 0 && (
        <Table
          label="Provider keys"
          class="stack"
          heads={[
            "Alias",
            "Provider",
            "Key",
            "Changed",
            "Last used",
            "#Requests, this month",
            "#Cost, this month",
          ]}
          last={canWrite && <ChangeColumn />}
        >
          {rows.map(({ provider, alias, key }) => {
            const use = uses.value?.of(keyOf([provider, alias]))
            return (
              <tr key={`${provider}/${alias}`}>
                <th scope="row">
                  <Text>{alias}</Text> {key?.default_config === true && <Badge kind="good">default</Badge>}
                </th>
                <td data-label="Provider">
                  <Text>{provider}</Text>
                </td>
                <td data-label="Key">
                  <code>{key?.secret_preview ?? "declared"}</code>
                </td>
                <td data-label="Changed">{key === undefined ? unknown : <Time at={key.modified_at} />}</td>
                <td data-label="Last used">
                  <LastUsed use={use} begins={uses.value?.logBegins} />
                </td>
                <td data-label="Requests, this month" class="number">{count(use?.monthRequests)}</td>
                <td data-label="Cost, this month" class="number">{money(use?.monthCost)}</td>
                {canWrite && (
                  <RowButtons
                    name={`${alias} of ${provider}`}
                    actions={key === undefined ? {} : {
                      Replace: () => setAsked({ what: "replace", key }),
                      Remove: () => setAsked({ what: "remove", key }),
                    }}
                  />
                )}
              </tr>
            )
          })}
        </Table>
      )}
      {uses.value !== undefined && rows.length > 0 && <LogReach begins={uses.value.logBegins} />}
      {(asked?.what === "new" || asked?.what === "replace") && (
        <ProviderKeyForm
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
