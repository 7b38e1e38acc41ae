/**
 * Queries for analytics of the request log, and the rows of their results.
 *
 * @module
 */
import type { CalendarUnit } from "../time/calendar.ts"
import type { LogFilter } from "./query.ts"

/** The dimensions of analytics with a fixed name. */
export const fixedDimensions = [
  "model",
  "deployment",
  "provider",
  "gateway",
  "token",
  "status",
  "cached",
  "key_alias",
  "dynamic_route",
  "ending",
  "reason",
  "rescued",
  "rescued_from",
] as const

/** The dimensions of analytics: the fixed names and `metadata.{key}`. */
export type Dimension = typeof fixedDimensions[number] | `metadata.${string}`

/**
 * How time is divided: into buckets of so many milliseconds, which begin at multiples of their width since 1970 (UTC);
 * into the days, weeks or months of a time zone; or not at all.
 */
export type TimeBuckets = number | { readonly unit: CalendarUnit; readonly timeZone: string } | "all"

/** The entries that analytics aggregate. */
export interface AnalyticsSelection {
  readonly account: string
  /** All gateways of the account if absent. */
  readonly gateway?: string
  readonly filters: ReadonlyArray<LogFilter>
  /** From (inclusive) and until (exclusive), in milliseconds since 1970. */
  readonly since: number
  readonly until: number
}

/** How analytics divide the selected entries. */
export interface AnalyticsDivision {
  readonly bucket: TimeBuckets
  readonly by: ReadonlyArray<Dimension>
}

/** A query of analytics. */
export interface AnalyticsQuery extends AnalyticsSelection, AnalyticsDivision {}

/** Percentiles of a time in milliseconds, within 2 % of the exact ones; `null` if nothing was measured. */
export interface Percentiles {
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** The aggregates of one time bucket and one group. */
export interface AnalyticsRow {
  /** When the bucket begins, in milliseconds since 1970; `since`, if it is the only one. */
  readonly time: number
  /** The value of each requested dimension. */
  readonly group: Readonly<Record<string, string | null>>
  readonly requests: number
  /** Requests that did not succeed: with a status of 400 or more, or an ending other than `complete`. */
  readonly errors: number
  readonly cached: number
  readonly tokens_in: number
  readonly tokens_out: number
  readonly tokens_cached: number
  readonly tokens_reasoning: number
  /** In US dollars, of the requests whose cost is known; `null` if it is known for none of them. */
  readonly cost: number | null
  /** The requests whose cost is unknown. */
  readonly unpriced: number
  /** The requests whose tokens are estimated. */
  readonly estimated: number
  /** Their share of the cost. */
  readonly cost_estimated: number
  /** The requests that succeeded after a failed try. */
  readonly rescued: number
  readonly duration: Percentiles
  readonly time_to_first_token: Percentiles
  /** For streams: not a time, but tokens a second, from the first token to the end. */
  readonly tokens_per_second: Percentiles
}
