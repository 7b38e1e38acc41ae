/**
 * Queries of the request log.
 *
 * @module
 */
import type { CalendarUnit } from "../time/calendar.ts"
import type { LogEntry, LogScope } from "./entry.ts"

/**
 * How a filter compares (Cloudflare's names).
 *
 * - `eq`, `neq`: exactly; `null` means unknown, and `neq` holds whenever `eq` does not.
 * - `contains`: only texts, without regard to the case of ASCII letters.
 * - `lt`, `gt`: numbers, and `created_at` by ISO dates or milliseconds since 1970; never texts.
 *
 * Numbers and booleans may be given as text, and the values of metadata are compared as text.
 */
export type Operator = "eq" | "neq" | "contains" | "lt" | "gt"

/** The keys for filters: Cloudflare's, and those of ours that it has no equivalent for. */
export const filterKeys = [
  "id",
  "created_at",
  "request_content_type",
  "response_content_type",
  "request_type",
  "success",
  "cached",
  "provider",
  "model",
  "model_type",
  "cost",
  "tokens",
  "tokens_in",
  "tokens_out",
  "duration",
  "feedback",
  "event_id",
  "metadata.key",
  "metadata.value",
  "authentication",
  "wholesale",
  "compatibilityMode",
  "dlp_action",
  "guardrails_action",
  "user_agent",
  "status_code",
  "ending",
  "token",
  "deployment",
  "key_alias",
  "dynamic_route",
  "requested_model",
  "error",
  "rescued",
  "rescued_from",
] as const

/** A key that can be filtered by. */
export type FilterKey = typeof filterKeys[number]

/** One condition; with several values, one of them must hold (for `neq`: none of them). */
export interface LogFilter {
  readonly key: FilterKey
  readonly operator: Operator
  readonly value: ReadonlyArray<string | number | boolean | null>
}

/** What can be ordered by. */
export const orderKeys = [
  "created_at",
  "provider",
  "model",
  "model_type",
  "success",
  "cached",
  "cost",
  "tokens_in",
  "tokens_out",
  "duration",
  "feedback",
] as const

/** A key that can be ordered by. */
export type OrderKey = typeof orderKeys[number]

/**
 * Which entries. All conditions must hold. A `metadata.key` and a `metadata.value` condition that follow one
 * another are one condition on a pair: an entry has that key with that value.
 */
export interface LogSelection {
  readonly scope: LogScope
  readonly filters: ReadonlyArray<LogFilter>
  /**
   * Text to find anywhere in the id, event id, model, provider, path, error, user agent or metadata;
   * the case of ASCII letters does not matter.
   */
  readonly search?: string
  readonly orderBy?: OrderKey
  /** Newest, or largest, first: the default. */
  readonly descending?: boolean
}

/** A page of the log: pages count from 1. */
export interface LogQuery extends LogSelection {
  readonly page: number
  readonly perPage: number
}

/** The least and the greatest; `null` where no entry has a value. */
export interface Range {
  readonly min: number | null
  readonly max: number | null
}

/** An entry's place in the order of time. */
export interface LogCursor {
  /** In milliseconds since 1970. */
  readonly created: number
  readonly id: string
}

/** Which entries to read in the order of time. */
export type TimeSelection = Omit<LogSelection, "orderBy">

/** Entries that follow one another in the order of time. */
export interface LogStretch {
  readonly entries: ReadonlyArray<LogEntry>
  /** The place of the last of them; `undefined` if no more follow. */
  readonly next: LogCursor | undefined
  /** Where they were found. What is read in several stretches is whole only if all came from one place. */
  readonly from: LogHealth["kind"]
}

/** A page of entries, and the totals of all matching ones. */
export interface LogPage {
  readonly entries: ReadonlyArray<LogEntry>
  readonly total: number
  readonly ranges: Readonly<
    Record<"cost" | "duration" | "tokens_in" | "tokens_out" | "total_tokens", Range>
  >
}

/** A place in the order in which entries were kept; what it counts is for the log alone. */
export interface NewsCursor {
  readonly file: number
  readonly memory: number
}

/** The entries of all gateways that were kept after a place, in that order. */
export interface LogNews {
  readonly entries: ReadonlyArray<LogEntry>
  /** Where to go on. */
  readonly cursor: NewsCursor
  /** How many entries before them were left out, since there were more than were asked for. */
  readonly skipped: number
}

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

/** The dimensions of analytics: `metadata.{key}` beside the fixed names. */
export type Dimension = typeof fixedDimensions[number] | `metadata.${string}`

/**
 * How time is divided: into buckets of so many milliseconds, which begin at multiples of their width since 1970 (UTC);
 * into the days, weeks or months of a time zone; or not at all.
 */
export type Bucket = number | { readonly unit: CalendarUnit; readonly timeZone: string } | "all"

/** Which entries analytics are of. */
export interface AnalyticsSelection {
  readonly account: string
  /** All gateways of the account if absent. */
  readonly gateway?: string
  readonly filters: ReadonlyArray<LogFilter>
  /** From (inclusive) and until (exclusive), in milliseconds since 1970. */
  readonly since: number
  readonly until: number
}

/** How analytics divide their entries. */
export interface AnalyticsDivision {
  readonly bucket: Bucket
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
  /** The value of each dimension asked for. */
  readonly group: Readonly<Record<string, string | null>>
  readonly requests: number
  /** Those that did not succeed: a status from 400, or an ending other than `complete`. */
  readonly errors: number
  readonly cached: number
  readonly tokens_in: number
  readonly tokens_out: number
  readonly tokens_cached: number
  readonly tokens_reasoning: number
  /** In US dollars, of the requests whose cost is known; `null` if it is known for none of them. */
  readonly cost: number | null
  /** The requests whose cost is not known. */
  readonly unpriced: number
  /** The requests whose tokens are estimated. */
  readonly estimated: number
  /** Their part of the cost. */
  readonly cost_estimated: number
  /** The requests that succeeded after a try that had failed. */
  readonly rescued: number
  readonly duration: Percentiles
  readonly time_to_first_token: Percentiles
  /** Of those that streamed: not a time, but tokens a second from the first token to the end. */
  readonly tokens_per_second: Percentiles
}

/** The state of a log, for `/metrics` and `/readyz`. */
export interface LogHealth {
  /** Where entries are kept at the moment: `memory` is also what the others fall back to; `object` is a Durable Object. */
  readonly kind: "memory" | "object" | "postgres" | "sqlite"
  /** Whether entries are kept where the operator asked for it. */
  readonly healthy: boolean
  /** Whether they ever were, since the start. */
  readonly hasWorked: boolean
  readonly entries: number
  /** Entries that wait to be written. */
  readonly pending: number
  /** Entries given up since the start: the store was too slow, or the log was full. */
  readonly dropped: number
}
