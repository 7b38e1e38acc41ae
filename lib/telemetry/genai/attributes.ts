/**
 * The attributes of spans and logs, named by OpenTelemetry's conventions where those have a name.
 *
 * @module
 */
import { httpMethod, httpRoute } from "./http-route.ts"
import { answeringAttempt, attemptError, operationOf, requestError } from "./operation.ts"
import { metadataAttributes } from "./metadata-attributes.ts"
import { bool, double, int, type OtlpValue, text } from "../otlp/values.ts"
import type { AttemptRecord, RequestRecord } from "../../record/request-record.ts"

/** Attributes by name; those without a value are left out. */
export type Attributes = Readonly<Record<string, OtlpValue | null | undefined>>

const orNull = <A>(make: (value: A) => OtlpValue, value: A | null | undefined): OtlpValue | null =>
  value === null || value === undefined ? null : make(value)

/** Of the request itself: its HTTP, and what the gateway made of it. */
export const requestAttributes = (record: RequestRecord): Attributes => ({
  ...metadataAttributes(record),
  "http.request.method": text(httpMethod(record.method)),
  "http.route": orNull(text, httpRoute(record)),
  "http.response.status_code": int(record.status),
  "http.request.body.size": orNull(int, record.request_bytes),
  "http.response.body.size": int(record.response_bytes),
  "url.scheme": text(record.scheme),
  "url.path": text(record.path),
  "user_agent.original": orNull(text, record.user_agent),
  "error.type": orNull(text, requestError(record, 500)),
  "basegate.request.id": text(record.request_id),
  "basegate.event.id": text(record.event_id),
  "basegate.gateway": record.account_id === null ? null : text(`${record.account_id}/${record.gateway_id}`),
  "basegate.route": orNull(text, record.route),
  "basegate.token": orNull(text, record.token),
  "basegate.ending": text(record.ending),
  "basegate.error": orNull(text, record.error),
  "basegate.step": int(record.step),
  "basegate.cached": bool(record.cached),
  "basegate.overhead": orNull(double, record.gateway_ms === null ? null : record.gateway_ms / 1000),
  "basegate.cost.usd": orNull(double, record.cost),
  "basegate.websocket.messages_in": orNull(int, record.frames_in),
  "basegate.websocket.messages_out": orNull(int, record.frames_out),
})

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === "http:" ? 80 : 443)

/** Of one try, and, where it is the one that answered, of its answer. */
export const attemptAttributes = (record: RequestRecord, attempt: AttemptRecord): Attributes => {
  const url = new URL(attempt.url)
  const operation = operationOf(attempt.url)
  const call: Attributes = {
    ...metadataAttributes(record),
    "gen_ai.operation.name": orNull(text, operation),
    "gen_ai.provider.name": text(attempt.provider),
    "gen_ai.request.model": orNull(text, attempt.model ?? record.deployment),
    "server.address": text(url.hostname),
    "server.port": int(portOf(url)),
    "http.request.method": text(httpMethod(record.method)),
    "url.full": text(attempt.url),
    "http.response.status_code": orNull(int, attempt.status),
    "http.request.resend_count": attempt.attempt > 1 ? int(attempt.attempt - 1) : null,
    "error.type": orNull(text, attemptError(record, attempt)),
    "basegate.step": int(attempt.step),
    "basegate.circuit": orNull(text, attempt.circuit),
  }
  if (attempt !== answeringAttempt(record)) return call
  const first = record.time_to_first_byte_ms
  return {
    ...call,
    "gen_ai.request.stream": record.stream ? bool(true) : null,
    "gen_ai.response.time_to_first_chunk": record.stream && first !== null
      ? double((first - attempt.started_ms) / 1000)
      : null,
    "gen_ai.usage.input_tokens": orNull(int, record.tokens_in),
    "gen_ai.usage.output_tokens": orNull(int, record.tokens_out),
    "gen_ai.usage.cache_read.input_tokens": orNull(int, record.tokens_cached),
    "gen_ai.usage.reasoning.output_tokens": orNull(int, record.tokens_reasoning),
    "basegate.usage.source": orNull(text, record.usage_source),
    "baseten.request.id": orNull(text, record.baseten_request_id),
  }
}
