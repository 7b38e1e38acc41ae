/**
 * The scope of the pages: an account, one of its gateways or all, and a span of time.
 *
 * @module
 */
import { useRef } from "preact/hooks"
import { accountPath, get } from "./api.ts"
import { busiestGateway } from "./busiest-gateway.ts"
import { go, hereWith, useAddress } from "./location.tsx"
import { useLoaded } from "./parts.tsx"
import type { Account, Analytics, Filter } from "./types.ts"

/** The scope, from the address. */
export interface Scope {
  readonly account: string
  /** Empty for all gateways. */
  readonly gateway: string
  /** In the form of the API: `-24h`, or an ISO date. */
  readonly since: string
  readonly until: string
}

/** The spans to choose from. */
const spans = [["-1h", "1 hour"], ["-24h", "24 hours"], ["-7d", "7 days"], ["-30d", "30 days"]] as const

/**
 * The account's busiest gateway, asked for when it is first needed. It stays the same from then on: a page that is
 * open must not turn to another gateway by itself.
 */
const useBusiest = (account: Account | undefined, isNeeded: boolean): string | undefined => {
  const kept = useRef(new Map<string, string>())
  const { id = "", gateways = [] } = account ?? {}
  const known = gateways.find((one) => one === kept.current.get(id))
  if (gateways.length === 1 && known === undefined) kept.current.set(id, gateways[0] ?? "")
  const isAsked = isNeeded && known === undefined && gateways.length > 1
  useLoaded(isAsked ? `busiest ${id}` : "", async (signal) => {
    const busiest = await busiestGateway(gateways, async (since) => {
      const { breakdowns } = await get<Analytics>(
        `${accountPath(id)}/analytics`,
        { since, bucket: "all", breakdown: "gateway" },
        signal,
      )
      return breakdowns?.["gateway"]?.rows ?? []
    })
    if (!signal.aborted) kept.current.set(id, busiest)
  })
  return isAsked ? undefined : known ?? gateways[0] ?? ""
}

/**
 * Reads the scope; by default it is the first account and the last day.
 *
 * @param needsGateway whether the page shows a single gateway; by default the account's busiest
 * @returns undefined until that is known
 */
export const useScope = (accounts: ReadonlyArray<Account>, needsGateway: boolean): Scope | undefined => {
  const { searchParams } = useAddress()
  const account = searchParams.get("account") ?? accounts[0]?.id ?? ""
  const chosen = searchParams.get("gateway") ?? ""
  const isOpen = needsGateway && chosen === ""
  const busiest = useBusiest(accounts.find(({ id }) => id === account), isOpen)
  if (isOpen && busiest === undefined) return undefined
  return {
    account,
    gateway: isOpen ? busiest ?? "" : chosen,
    since: searchParams.get("since") ?? "-24h",
    until: searchParams.get("until") ?? "",
  }
}

/** When a span begins, in milliseconds since 1970. */
export const beginOf = ({ since }: Pick<Scope, "since">, now = Date.now()): number => {
  const [, many = "", unit = ""] = /^-(\d+)([hdm])$/.exec(since) ?? []
  const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
  const width = units[unit]
  return width === undefined ? Date.parse(since) || now - 86_400_000 : now - Number(many) * width
}

/** The bounds of a span as filters, for requests without `since` and `until`. */
export const boundFilters = (scope: Scope): ReadonlyArray<Filter> => [
  { key: "created_at", operator: "gt", value: [new Date(beginOf(scope)).toISOString()] },
  ...(scope.until === "" ? [] : [{ key: "created_at", operator: "lt", value: [scope.until] }]),
]

const local = (iso: string): string => {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return ""
  return new Date(date.getTime() - 60_000 * date.getTimezoneOffset()).toISOString().slice(0, 16)
}
const isoOf = (text: string): string => text === "" ? "" : new Date(text).toISOString()

/** The controls to choose the scope. */
export const ScopeBar = (
  { accounts, scope, needsGateway, hasTime }: {
    readonly accounts: ReadonlyArray<Account>
    readonly scope: Scope
    readonly needsGateway: boolean
    readonly hasTime: boolean
  },
) => {
  const gateways = accounts.find(({ id }) => id === scope.account)?.gateways ?? []
  const isCustom = !scope.since.startsWith("-")
  return (
    <div class="scope">
      {accounts.length > 1 && (
        <label>
          <span>Account</span>
          <select
            value={scope.account}
            onChange={({ currentTarget: { value } }) => go(hereWith({ account: value, gateway: undefined }))}
          >
            {accounts.map(({ id }) => <option key={id}>{id}</option>)}
          </select>
        </label>
      )}
      <label>
        <span>Gateway</span>
        <select
          value={scope.gateway}
          onChange={({ currentTarget: { value } }) => go(hereWith({ gateway: value, page: undefined }))}
        >
          {!needsGateway && <option value="">All gateways</option>}
          {gateways.map((id) => <option key={id}>{id}</option>)}
          {scope.gateway !== "" && !gateways.includes(scope.gateway) && <option>{scope.gateway}</option>}
        </select>
      </label>
      {hasTime && (
        <div class="spans" role="group" aria-label="Span of time">
          {spans.map(([since, name]) => (
            <button
              type="button"
              key={since}
              aria-pressed={scope.since === since}
              onClick={() => go(hereWith({ since, until: undefined, page: undefined }))}
            >
              {name}
            </button>
          ))}
          <button
            type="button"
            aria-pressed={isCustom}
            onClick={() => go(hereWith({ since: new Date(beginOf(scope)).toISOString(), page: undefined }))}
          >
            Custom
          </button>
        </div>
      )}
      {hasTime && isCustom && (
        <div class="custom">
          <label>
            <span>From</span>
            <input
              type="datetime-local"
              value={local(scope.since)}
              onChange={({ currentTarget: { value } }) =>
                go(hereWith({ since: isoOf(value), page: undefined }))}
            />
          </label>
          <label>
            <span>To</span>
            <input
              type="datetime-local"
              value={local(scope.until)}
              onChange={({ currentTarget: { value } }) =>
                go(hereWith({ until: isoOf(value), page: undefined }))}
            />
          </label>
        </div>
      )}
    </div>
  )
}
