/**
 * The fields for filters, orders and aggregates: an entry as plain values, the same in every store.
 *
 * @module
 */
import { strictestVerdict } from "../guardrail/guardrail-record.ts"
import { type RequestRecord, tokensPerSecond } from "../record/request-record.ts"
import type { Feedback, LogEntry } from "./entry.ts"

/** A request succeeded if its answer was not an error, reported none, and arrived whole. */
export const isSuccess = (
  { status, ending, error }: Pick<RequestRecord, "status" | "ending" | "error">,
): boolean => status < 400 && ending === "complete" && error === null

/** How a request was saved from failure. */
export interface Rescue {
  /** A further try of the same step, or a later step. */
  readonly by: "retry" | "fallback"
  /**
   * The model of the first failed try, and its status or the reason why there was no answer; `null` if no try was
   * made.
   */
  readonly from: string | null
}

/** How a request was saved; `undefined` if it need not or could not be. */
const rescueOf = (
  record: Pick<RequestRecord, "status" | "ending" | "error" | "attempts" | "step" | "cached">,
): Rescue | undefined => {
  const { attempts, step, cached } = record
  if ((attempts.length < 2 && step === 0) || cached || !isSuccess(record)) return undefined
  const failed = attempts.find(({ status, error }) => error !== null || (status ?? 500) >= 400)
  if (failed === undefined && step === 0) return undefined
  return {
    by: step > 0 ? "fallback" : "retry",
    from: failed === undefined
      ? null
      : keepable(`${failed.model ?? failed.provider}: ${failed.status ?? failed.error ?? "no answer"}`),
  }
}

/** The values by name. Times are in milliseconds, `created` since 1970; booleans are 1 and 0, as in SQLite. */
export interface FilterableFields {
  readonly created: number
  readonly id: string
  readonly provider: string | null
  readonly model: string | null
  readonly deployment: string | null
  /** The name of the caller's token. */
  readonly token: string | null
  readonly status: number
  readonly success: 0 | 1
  readonly cached: 0 | 1
  readonly duration: number
  readonly first_token: number | null
  readonly cost: number | null
  readonly tokens: number | null
  readonly tokens_in: number | null
  readonly tokens_out: number | null
  readonly tokens_cached: number | null
  readonly tokens_reasoning: number | null
  /** Whether its tokens, and with them its cost, are estimated. */
  readonly estimated: 0 | 1
  /** Tokens a second, from the first to the end. */
  readonly speed: number | null
  /** What made it succeed after a failed try. */
  readonly rescued: Rescue["by"] | null
  /** The model of that try, and why it failed. */
  readonly rescued_from: string | null
  readonly feedback: number | null
  readonly route: string | null
  readonly ending: string
  readonly authenticated: 0 | 1
  readonly event_id: string
  readonly user_agent: string | null
  readonly request_content_type: string | null
  readonly response_content_type: string | null
  readonly path: string
  readonly error: string | null
  /** Which of the gateway's keys the provider received. */
  readonly key_alias: string | null
  /** The path through a dynamic route. */
  readonly dynamic_route: string | null
  /** The dynamic route or alias that the caller named. */
  readonly requested_model: string | null
  /** The strictest action of the policies that matched. */
  readonly dlp_action: string | null
  /** The strictest action of guardrails. */
  readonly guardrails_action: string | null
  /** See `metadataText`. */
  readonly pairs: string
}

/** `null` only if neither is known. */
const sum = (one: number | null, other: number | null): number | null =>
  one === null && other === null ? null : (one ?? 0) + (other ?? 0)

/**
 * Metadata as text in which a pair can be found by a plain search: one line `"key":"value"` for each pair, both as JSON
 * strings, which contain no line breaks. Values of other types become text.
 */
export const metadataText = (metadata: RequestRecord["metadata"]): string => {
  let pairs = ""
  for (const [key, value] of Object.entries(metadata)) {
    pairs += `\n${JSON.stringify(key)}:${JSON.stringify(String(value))}`
  }
  return pairs === "" ? "" : `${pairs}\n`
}

/**
 * A caller's text in a form that SQLite preserves: lone surrogates and NUL become U+FFFD. When an entry is deleted,
 * its sums are found by this text.
 */
const keepable = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd")

/** The fields of a record with its feedback. */
export const fieldsOf = (
  record: RequestRecord,
  { feedback }: Pick<Feedback, "feedback">,
): FilterableFields => {
  const rescue = rescueOf(record)
  return {
    created: Date.parse(record.time),
    id: record.request_id,
    provider: record.provider,
    model: record.model === null ? null : keepable(record.model),
    deployment: record.deployment === null ? null : keepable(record.deployment),
    token: record.token,
    status: record.status,
    success: isSuccess(record) ? 1 : 0,
    cached: record.cached ? 1 : 0,
    duration: record.total_ms,
    first_token: record.time_to_first_token_ms,
    cost: record.cost,
    tokens: sum(record.tokens_in, record.tokens_out),
    tokens_in: record.tokens_in,
    tokens_out: record.tokens_out,
    tokens_cached: record.tokens_cached,
    tokens_reasoning: record.tokens_reasoning,
    estimated: record.usage_source === "estimated" ? 1 : 0,
    // A cache hit says nothing about the speed of a model.
    speed: record.cached ? null : tokensPerSecond(record),
    rescued: rescue?.by ?? null,
    rescued_from: rescue?.from ?? null,
    feedback,
    route: record.route,
    ending: record.ending,
    authenticated: record.authenticated ? 1 : 0,
    event_id: record.event_id,
    user_agent: record.user_agent,
    request_content_type: record.request_content_type,
    response_content_type: record.response_content_type,
    path: record.path,
    error: record.error === null ? null : keepable(record.error),
    // Records of earlier versions lack these.
    key_alias: record.key_alias ?? null,
    dynamic_route: record.dynamic_route ?? null,
    requested_model: record.requested_model == null ? null : keepable(record.requested_model),
    dlp_action: record.dlp?.action ?? null,
    guardrails_action: strictestVerdict(record.guardrails),
    pairs: metadataText(record.metadata),
  }
}

/** The fields of an entry. */
export const fieldsOfEntry = (entry: LogEntry): FilterableFields => fieldsOf(entry, entry)
