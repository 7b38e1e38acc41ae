/**
 * A log entry as the management API shows it.
 *
 * @module
 */
import type { LogEntry, Payload, Payloads } from "../request-log/entry.ts"
import { isSuccess } from "../request-log/filterable-fields.ts"
import { tokensPerSecond } from "../record/request-record.ts"
import { entryPrice, type PriceSource } from "./entry-price.ts"

/**
 * First Cloudflare's fields, whose text fields are never `null`; then ours, under their names in a record. `metadata`
 * is an object, as Cloudflare sends it, not the text of its schema.
 */
export const entryJson = (entry: LogEntry) => ({
  id: entry.request_id,
  created_at: entry.time,
  provider: entry.provider ?? "",
  model: entry.model ?? "",
  model_type: "",
  path: entry.path,
  request_type: entry.route ?? "",
  request_content_type: entry.request_content_type ?? "",
  response_content_type: entry.response_content_type ?? "",
  status_code: entry.status,
  success: isSuccess(entry),
  cached: entry.cached,
  step: entry.step,
  duration: entry.total_ms,
  tokens_in: entry.tokens_in,
  tokens_out: entry.tokens_out,
  cost: entry.cost,
  custom_cost: entry.custom_cost,
  metadata: entry.metadata,
  feedback: entry.feedback,
  score: entry.score,
  event_id: entry.event_id,
  user_agent: entry.user_agent,
  authentication: entry.authenticated,
  wholesale: false,
  byok: entry.key === "stored",
  compatibilityMode: entry.route?.startsWith("compat") ?? false,

  method: entry.method,
  // Missing in entries of older files.
  requested_model: entry.requested_model ?? null,
  deployment: entry.deployment,
  token: entry.token,
  stream: entry.stream,
  key: entry.key,
  ending: entry.ending,
  error: entry.error,
  error_code: entry.error_code,
  upstream_status: entry.upstream_status,
  baseten_request_id: entry.baseten_request_id,
  request_bytes: entry.request_bytes,
  response_bytes: entry.response_bytes,
  time_to_headers_ms: entry.time_to_headers_ms,
  time_to_first_byte_ms: entry.time_to_first_byte_ms,
  time_to_first_token_ms: entry.time_to_first_token_ms,
  gateway_ms: entry.gateway_ms,
  tokens_per_second: tokensPerSecond(entry),
  tokens_cached: entry.tokens_cached,
  tokens_reasoning: entry.tokens_reasoning,
  usage_source: entry.usage_source,
  attempts: entry.attempts,
  changes: entry.changes,
  // Missing in entries of earlier versions.
  key_alias: entry.key_alias ?? null,
  dynamic_route: entry.dynamic_route ?? null,
  dlp: entry.dlp ?? null,
  guardrails: entry.guardrails ?? null,
  guardrails_scanner: entry.guardrails_scanner ?? null,
  // Only for WebSockets.
  frames_in: entry.frames_in ?? null,
  frames_out: entry.frames_out ?? null,
})

/** The names of these fields, in this order. */
export const entryColumns = [
  "id",
  "created_at",
  "provider",
  "model",
  "model_type",
  "path",
  "request_type",
  "request_content_type",
  "response_content_type",
  "status_code",
  "success",
  "cached",
  "step",
  "duration",
  "tokens_in",
  "tokens_out",
  "cost",
  "custom_cost",
  "metadata",
  "feedback",
  "score",
  "event_id",
  "user_agent",
  "authentication",
  "wholesale",
  "byok",
  "compatibilityMode",
  "method",
  "requested_model",
  "deployment",
  "token",
  "stream",
  "key",
  "ending",
  "error",
  "error_code",
  "upstream_status",
  "baseten_request_id",
  "request_bytes",
  "response_bytes",
  "time_to_headers_ms",
  "time_to_first_byte_ms",
  "time_to_first_token_ms",
  "gateway_ms",
  "tokens_per_second",
  "tokens_cached",
  "tokens_reasoning",
  "usage_source",
  "attempts",
  "changes",
  "key_alias",
  "dynamic_route",
  "dlp",
  "guardrails",
  "guardrails_scanner",
  "frames_in",
  "frames_out",
] as const satisfies ReadonlyArray<keyof ReturnType<typeof entryJson>>

/** How much of a body is shown with its entry; the rest is at `/request` and `/response`. */
const headLength = 4096

const head = (payload: Payload | null): { readonly head: string | null; readonly complete: boolean } => ({
  head: payload?.text.slice(0, headLength) ?? null,
  complete: payload !== null && payload.complete && payload.text.length <= headLength,
})

/** An entry with its price, its sizes and the beginnings of its stored bodies. */
export const entryDetailJson = (entry: LogEntry, { request, response }: Payloads, prices: PriceSource) => ({
  ...entryJson(entry),
  price: entryPrice(entry, prices),
  request_size: entry.request_bytes ?? 0,
  request_head: head(request).head,
  request_head_complete: head(request).complete,
  response_size: entry.response_bytes,
  response_head: head(response).head,
  response_head_complete: head(response).complete,
})
