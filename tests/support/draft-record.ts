/** The record of a request of which nothing is known yet, for tests to fill in. */
import type { AttemptRecord, RequestRecord } from "../../lib/record/request-record.ts"

/** A record that can be written to. */
export type RecordDraft =
  & { -readonly [Key in keyof Omit<RequestRecord, "attempts" | "changes">]: RequestRecord[Key] }
  & { readonly attempts: Array<AttemptRecord>; readonly changes: Array<string> }

/** A record with what is known of a request before it is routed; everything else is as if nothing had happened. */
export const draftRecord = (
  known: Pick<
    RequestRecord,
    | "time"
    | "request_id"
    | "event_id"
    | "method"
    | "scheme"
    | "path"
    | "user_agent"
    | "request_content_type"
  >,
): RecordDraft => ({
  time: known.time,
  request_id: known.request_id,
  event_id: known.event_id,
  method: known.method,
  scheme: known.scheme,
  path: known.path,
  user_agent: known.user_agent,
  request_content_type: known.request_content_type,
  account_id: null,
  gateway_id: null,
  provider: null,
  route: null,
  model: null,
  requested_model: null,
  deployment: null,
  stream: false,
  status: 0,
  upstream_status: null,
  ending: "complete",
  error_code: null,
  error: null,
  request_bytes: null,
  response_bytes: 0,
  time_to_headers_ms: null,
  time_to_first_byte_ms: null,
  time_to_first_token_ms: null,
  total_ms: 0,
  gateway_ms: null,
  tokens_in: null,
  tokens_out: null,
  tokens_cached: null,
  tokens_reasoning: null,
  usage_source: null,
  cost: null,
  custom_cost: false,
  response_content_type: null,
  authenticated: false,
  token: null,
  key: "none",
  baseten_request_id: null,
  step: 0,
  cached: false,
  metadata: {},
  attempts: [],
  changes: [],
  key_alias: null,
  dynamic_route: null,
  dlp: null,
  guardrails: null,
  guardrails_scanner: null,
  trace: null,
})
