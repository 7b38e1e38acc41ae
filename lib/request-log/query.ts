/**
 * Queries of the request log.
 *
 * @module
 */
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

/** The keys for filters: Cloudflare's, and ours for what it has no equivalent of. */
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
 * Which entries to select. All conditions must hold. A `metadata.key` condition directly followed by one on
 * `metadata.value` is one condition on a pair: an entry has that key with that value.
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
  /** Whether the newest, or largest, come first; the default. */
  readonly descending?: boolean
}

/** A page of the log: pages count from 1. */
export interface LogQuery extends LogSelection {
  readonly page: number
  readonly perPage: number
}

/** The least and the greatest value; `null` if no entry has one. */
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
  /** The place of the last entry; `undefined` if no more follow. */
  readonly next: LogCursor | undefined
  /** Where they were read from. Several stretches are complete only if all came from the same store. */
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

/** A position in the order in which entries were added. Opaque to everything but the log. */
export interface NewsCursor {
  readonly file: number
  readonly memory: number
}

/** The entries of all gateways that were added after a cursor, in that order. */
export interface LogNews {
  readonly entries: ReadonlyArray<LogEntry>
  /** Where to continue. */
  readonly cursor: NewsCursor
  /** How many older entries were left out, since there were more than requested. */
  readonly skipped: number
}

/** The state of a log, for `/metrics` and `/readyz`. */
export interface LogHealth {
  /**
   * Where entries are kept at the moment. `memory` is also the fallback of the others; `object` is a Durable Object.
   */
  readonly kind: "memory" | "object" | "postgres" | "sqlite"
  /** Whether entries are kept where the operator configured it. */
  readonly healthy: boolean
  /** Whether they ever were since the start. */
  readonly hasWorked: boolean
  readonly entries: number
  /** Entries that wait to be written. */
  readonly pending: number
  /** Entries dropped since the start: the store was too slow, or the log was full. */
  readonly dropped: number
}
