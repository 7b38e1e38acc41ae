/**
 * How the cost of an entry was computed: the tokens of each kind at their price.
 *
 * The price of a call is not stored: it is looked up again, and `holds` only if it gives the same cost.
 *
 * @module
 */
import { listedPrice, type Tariff } from "../pricing/call-cost.ts"
import { costOf, type Price } from "../pricing/price.ts"
import { hasReportedError } from "../record/request-record.ts"
import type { LogEntry } from "../request-log/entry.ts"

/** One kind of tokens, and its cost. */
export interface PriceLine {
  readonly kind: "input" | "cached_input" | "output"
  readonly tokens: number
  /** US dollars a million tokens. */
  readonly per_million: number
  readonly cost: number
}

/** A price, and its application to an entry. Amounts are in US dollars. */
export interface EntryPrice {
  /** `settings`: the gateway's `prices`; `list`: Baseten's list of models. */
  readonly source: "settings" | "list"
  /** For a price by tokens. */
  readonly lines: ReadonlyArray<PriceLine>
  /** For a price by time. */
  readonly per_minute: number | null
  /** The resulting cost; `null` if a price or a count is missing. */
  readonly cost: number | null
  /** Whether that equals the entry's cost: prices may have changed since. */
  readonly holds: boolean
}

/** Where prices come from. */
export type PriceSource = Pick<Tariff, "overrides" | "priceOf">

const dollarsOfAtto = (atto: bigint): number => Number(atto) / 1e18

const line = (
  kind: PriceLine["kind"],
  tokens: number,
  price: bigint | undefined,
): ReadonlyArray<PriceLine> =>
  tokens === 0 || price === undefined ? [] : [{
    kind,
    tokens,
    per_million: Number(price) / 1e12,
    cost: dollarsOfAtto(BigInt(tokens) * price),
  }]

const byTokens = (entry: LogEntry, source: EntryPrice["source"], price: Price): EntryPrice => {
  const { tokens_in, tokens_out, tokens_cached } = entry
  const cached = Math.min(tokens_cached ?? 0, tokens_in ?? 0)
  const usage = {
    input: tokens_in ?? undefined,
    output: tokens_out ?? undefined,
    cachedInput: tokens_cached ?? undefined,
    reasoning: undefined,
  }
  const cost = costOf(usage, price) ?? null
  return {
    source,
    lines: [
      ...line("input", (tokens_in ?? 0) - cached, price.input),
      ...line("cached_input", cached, price.cachedInput ?? price.input),
      ...line("output", tokens_out ?? 0, price.output),
    ],
    per_minute: null,
    cost,
    holds: cost === entry.cost,
  }
}

/** `null` if nothing was priced: a cache hit, an error, a caller's own figure, a model without a price. */
export const entryPrice = (entry: LogEntry, prices: PriceSource): EntryPrice | null => {
  const { provider, deployment, model, status, cached, custom_cost, tokens_in, tokens_out } = entry
  if (provider === null || cached || custom_cost || status >= 400 || hasReportedError(entry)) return null
  const named = { provider, deployment: deployment ?? undefined, model: model ?? undefined }
  const listed = listedPrice(named, prices)
  if (listed === undefined) return null
  const own = listedPrice(named, { ...prices, priceOf: () => undefined })
  const source = own === undefined ? "list" : "settings"
  if (listed.kind === "time") {
    const per_minute = Number(listed.minute) / 1e12
    return { source, lines: [], per_minute, cost: entry.cost, holds: entry.cost !== null }
  }
  if (tokens_in === null && tokens_out === null) return null
  return byTokens(entry, source, listed.price)
}
