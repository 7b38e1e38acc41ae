/**
 * The record of one request, complete once it has ended.
 *
 * @module
 */
import type { DlpRecord } from "../dlp/dlp-check.ts"
import type { GuardrailVerdict, ScannerUse } from "../guardrail/guardrail-record.ts"
import type { TraceIds } from "./trace-context.ts"

/**
 * How a request ended.
 *
 * - `complete`: the answer, an error status included, was relayed to its end.
 * - `client_left`: the client closed its connection first; Baseten's request was aborted.
 * - `upstream_cut`: Baseten did not answer, or its answer broke off.
 * - `idle`: Baseten was silent for longer than the idle timeout allows.
 * - `first_byte_timeout`: neither headers nor a first byte came in time.
 * - `total_timeout`: the optional timeout of the whole call expired.
 * - `draining`: the gateway was stopped before the answer was out.
 * - `blocked`: a policy forbids what the answer went on to say.
 */
export type Ending =
  | "complete"
  | "client_left"
  | "upstream_cut"
  | "idle"
  | "first_byte_timeout"
  | "total_timeout"
  | "draining"
  | "blocked"

/** One try of one step. */
export interface AttemptRecord {
  readonly step: number
  readonly attempt: number
  readonly provider: string
  readonly model: string | null
  /** Where it went, without the query, which may hold a key. */
  readonly url: string
  readonly status: number | null
  /** Why there was no answer; `reported_error` if one of a success status began with an error, and so counts as failed. */
  readonly error: string | null
  /** When it began, since the request arrived. */
  readonly started_ms: number
  /** To the headers of the answer, or to the failure. */
  readonly duration_ms: number
  /** The wait before it. */
  readonly waited_ms: number
  /** The state of its host's circuit, if the gateway has circuits. */
  readonly circuit: string | null
  /** The span that `traceparent` sent to the provider, if requests are traced. */
  readonly span_id: string | null
}

/**
 * Where the numbers of tokens come from.
 *
 * - `exact`: the answer reported them.
 * - `partial`: the answer broke off, and these are the last running totals that it reported.
 * - `estimated`: a stream reported none, and these are estimated from its bytes.
 */
export type UsageSource = "exact" | "partial" | "estimated"

/** Milliseconds rounded to the microsecond, the resolution of clocks. */
export const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000

/** One request, as logged. Times are in milliseconds; what is not known is `null`. Holds no secret. */
export interface RequestRecord {
  readonly time: string
  readonly request_id: string
  readonly event_id: string
  readonly account_id: string | null
  readonly gateway_id: string | null
  readonly provider: string | null
  readonly route: string | null
  readonly method: string
  /** `http` or `https`, as the gateway was called: a proxy in front may have been called by the other. */
  readonly scheme: string
  readonly path: string
  readonly model: string | null
  /** What the request named instead of a model: `dynamic/{route}` or `custom/{alias}`; `null` if it named the model itself. */
  readonly requested_model: string | null
  readonly deployment: string | null
  readonly stream: boolean
  readonly status: number
  readonly upstream_status: number | null
  readonly ending: Ending
  readonly error_code: number | null
  /**
   * What went wrong: the reason of the gateway's own error, which has a code; without a code, the error that an answer of
   * status 200 reported in its body or stream, its kind and its message in at most 200 characters.
   */
  readonly error: string | null
  readonly request_bytes: number | null
  readonly response_bytes: number
  readonly time_to_headers_ms: number | null
  readonly time_to_first_byte_ms: number | null
  /** When the first token of a stream passed: generated text, reasoning or a tool call. */
  readonly time_to_first_token_ms: number | null
  readonly total_ms: number
  readonly gateway_ms: number | null
  /** All tokens read, the cached ones included. */
  readonly tokens_in: number | null
  /** All tokens written, the reasoning ones included. */
  readonly tokens_out: number | null
  readonly tokens_cached: number | null
  readonly tokens_reasoning: number | null
  readonly usage_source: UsageSource | null
  /** In US dollars; 0 if the gateway answered itself, `null` if the price is unknown. */
  readonly cost: number | null
  /** Whether the cost comes from the caller's own figures (`cf-aig-custom-cost`). */
  readonly custom_cost: boolean
  readonly user_agent: string | null
  readonly request_content_type: string | null
  readonly response_content_type: string | null
  /** Whether the caller sent a valid gateway token. */
  readonly authenticated: boolean
  /** The name of that token; `null` for one without a name. */
  readonly token: string | null
  /** Whose key the provider received. */
  readonly key: "caller" | "stored" | "none"
  /** Which of the gateway's keys that was; `null` if it was none of them. */
  readonly key_alias: string | null
  readonly baseten_request_id: string | null
  /** The step that answered, else the last that was called, counted from 0. */
  readonly step: number
  /** Whether the answer came from the gateway's cache. */
  readonly cached: boolean
  readonly metadata: Readonly<Record<string, string | number | boolean>>
  /** Every try of every step, in order. */
  readonly attempts: ReadonlyArray<AttemptRecord>
  /** What a fall-back changed in the request to suit the next model. */
  readonly changes: ReadonlyArray<string>
  /**
   * The way through a dynamic route, as JSON: the route's name, then elements, and between two of them the output that led
   * on; `null` if the request took no route.
   */
  readonly dynamic_route: string | null
  /** What the gateway's policies found in the request and its answer. */
  readonly dlp: DlpRecord | null
  /** What its guardrails found; empty if they found nothing, `null` if the gateway has none. */
  readonly guardrails: ReadonlyArray<GuardrailVerdict> | null
  /** What they cost. */
  readonly guardrails_scanner: ScannerUse | null
  /** Its place in a trace, if requests are traced. */
  readonly trace: TraceIds | null
  /** A WebSocket: only its record has this, and the two that follow. */
  readonly request_type?: "websocket"
  /** The messages that the client has sent, each counted once, however many frames it had. */
  readonly frames_in?: number
  /** The messages that the client was sent. */
  readonly frames_out?: number
}

/** Whether an answer reported an error though its status is a success. */
export const hasReportedError = ({ error, status }: Pick<RequestRecord, "error" | "status">): boolean =>
  error !== null && status < 400

/** Tokens written per second, from the first to the end; `null` if either is unknown or no time passed. */
export const tokensPerSecond = (
  { tokens_out, time_to_first_token_ms, total_ms }: RequestRecord,
): number | null => {
  if (tokens_out === null || time_to_first_token_ms === null) return null
  const passed = total_ms - time_to_first_token_ms
  // Less than a microsecond, the resolution of clocks, is no time.
  return passed < 0.001 ? null : Math.round(100_000 * tokens_out / passed) / 100
}
