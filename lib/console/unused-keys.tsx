/**
 * The use of every token and provider key of an account's gateways, to find those that nobody needs any more.
 *
 * @module
 */
import { accountPath, gatewayApiPath, get, getPage } from "./api.ts"
import type { ListedEntry } from "./types.ts"
import { count, visible } from "./format.ts"
import { dayText, keyOf, type KeyUse, loadUses, unusedDays } from "./key-use.ts"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Panel, Problem, Table, Text, useLoaded } from "./parts.tsx"
import type { ProviderKey } from "./provider-keys.tsx"
import type { Token } from "./tokens.tsx"
import { LastUsed, LogReach } from "./last-used.tsx"

interface Listed {
  readonly id: string
  readonly provider_keys?: Readonly<Record<string, ReadonlyArray<string>>>
}

interface Key {
  readonly gateway: string
  readonly kind: "token" | "provider key"
  readonly name: string
  readonly made: string | null
  readonly use: KeyUse
}

/** The most gateways to search. */
const mostGateways = 50

const load = async (account: string, signal: AbortSignal): Promise<{
  readonly keys: ReadonlyArray<Key>
  /** When the log begins. */
  readonly begins: string | undefined
  readonly more: number
}> => {
  const path = accountPath(account)
  const [{ result: gateways, info }, tokenUses, keyUses] = await Promise.all([
    getPage<ReadonlyArray<Listed>, { readonly total_count: number }>(
      `${path}/gateways`,
      { per_page: mostGateways },
      signal,
    ),
    loadUses(path, ["gateway", "token"], undefined, signal),
    loadUses(path, ["gateway", "provider", "key_alias"], undefined, signal),
  ])
  const oldest = await Promise.all(
    gateways.map(({ id }) =>
      getPage<ReadonlyArray<ListedEntry>>(
        `${gatewayApiPath(account, id)}/logs`,
        { per_page: 1, order_by: "created_at", order_by_direction: "asc" },
        signal,
      )
    ),
  )
  const [begins] = oldest.flatMap(({ result }) => result.map(({ created_at }) => created_at)).sort()
  const keys = await Promise.all(gateways.map(async ({ id: gateway, provider_keys = {} }) => {
    const own = gatewayApiPath(account, gateway)
    const [tokens, configs] = await Promise.all([
      get<ReadonlyArray<Token & { readonly created_at: string | null }>>(
        `${own}/tokens`,
        { per_page: 100 },
        signal,
      ),
      get<ReadonlyArray<ProviderKey & { readonly created_at: string | null }>>(
        `${own}/provider_configs`,
        { per_page: 100 },
        signal,
      ),
    ])
    const made = new Map(
      configs.map((key) => [keyOf([key.provider_slug, key.alias]), key.created_at] as const),
    )
    return [
      ...tokens.map(({ name, created_at }): Key => ({
        gateway,
        kind: "token",
        name,
        made: created_at,
        use: tokenUses.of(keyOf([gateway, name])),
      })),
      ...Object.entries(provider_keys).flatMap(([provider, aliases]) =>
        aliases.map((alias): Key => ({
          gateway,
          kind: "provider key",
          name: `${provider} / ${alias}`,
          made: made.get(keyOf([provider, alias])) ?? null,
          use: keyUses.of(keyOf([gateway, provider, alias])),
        }))
      ),
    ]
  }))
  return { keys: keys.flat(), begins, more: Math.max(0, info.total_count - gateways.length) }
}

export const UnusedKeys = ({ account }: { readonly account: string }) => {
  const { searchParams } = useAddress()
  const onlyUnused = searchParams.get("unused") !== null
  const loaded = useLoaded(`uses of ${account}`, (signal) => load(account, signal))
  const all = loaded.value?.keys ?? []
  const unused = all.filter(({ use }) => use.lastDay === undefined)
  const shown = (onlyUnused ? unused : all)
    .toSorted((one, other) => (one.use.lastDay ?? "").localeCompare(other.use.lastDay ?? ""))
  return (
    <Panel title="Tokens and provider keys, the longest unused first">
      <div class="filters">
        <div class="spans" role="group" aria-label="Which">
          <button
            type="button"
            aria-pressed={!onlyUnused}
            onClick={() => go(hereWith({ unused: undefined }))}
          >
            All
          </button>
          <button type="button" aria-pressed={onlyUnused} onClick={() => go(hereWith({ unused: "1" }))}>
            Not used for {unusedDays} days
          </button>
        </div>
        {loaded.value !== undefined && (
          <span class="note" role="status">{count(unused.length)} of {count(all.length)} were not used</span>
        )}
      </div>
      {loaded.error !== undefined && <Problem error={loaded.error} onRetry={loaded.reload} />}
      {loaded.value === undefined && loaded.error === undefined && <p role="status">Reading the log…</p>}
      {loaded.value !== undefined && shown.length === 0 && (
        <p class="note">
          {all.length === 0
            ? "No gateway of this account has a token with a name, or a provider key."
            : `Each was used within ${unusedDays} days.`}
        </p>
      )}
      {shown.length > 0 && (
        <Table
          label="Use of keys"
          class="stack"
          heads={["Key", "What", "Gateway", "Last used", "#Requests, this month"]}
        >
          {shown.map(({ gateway, kind, name, made, use }) => (
            <tr key={`${gateway} ${kind} ${name}`}>
              <th scope="row">
                <Link
                  href={hereWith({
                    gateway,
                    tab: kind === "token" ? "tokens" : "keys",
                    unused: undefined,
                  })}
                >
                  <Text>{visible(name)}</Text>
                </Link>
              </th>
              <td data-label="What">{kind}</td>
              <td data-label="Gateway">{gateway}</td>
              <td data-label="Last used">
                <LastUsed use={use} begins={loaded.value?.begins} />{" "}
                {use.lastDay === undefined && made !== null &&
                  Date.now() - Date.parse(made) < unusedDays * 86_400_000 && (
                  <span class="note">made {dayText(made)}</span>
                )}
              </td>
              <td data-label="Requests, this month" class="number">{count(use.monthRequests)}</td>
            </tr>
          ))}
        </Table>
      )}
      {(loaded.value?.more ?? 0) > 0 && (
        <p class="note">{count(loaded.value?.more)} more gateways are not looked through here.</p>
      )}
      {loaded.value !== undefined && <LogReach begins={loaded.value.begins} />}
    </Panel>
  )
}
