/**
 * The attributes of spans and logs, with the names of OpenTelemetry's conventions where they exist.
 *
 * @module
 */
import { httpMethod, httpRoute } from "./http-route.ts"
import { answeringAttempt, attemptError, operationOf, requestError } from "./operation.ts"
import { metadataAttributes } from "./metadata-attributes.ts"
import { boolValue, doubleValue, intValue, type OtlpValue, textValue } from "../otlp/values.ts"
import type { AttemptRecord, RequestRecord } from "../../record/request-record.ts"

/** Attributes by name; those without a value are left out. */
export type Attributes = Readonly<Record<string, OtlpValue | null | undefined>>

const orNull = <A>(make: (value: A) => OtlpValue, value: A | null | undefined): OtlpValue | null =>
  value === null || value === undefined ? null : make(value)

/** Attributes of the request itself: HTTP, and what the gateway did. */
export const requestAttributes = (record: RequestRecord): Attributes => ({
  ...metadataAttributes(record),
  "http.request.method": textValue(httpMethod(record.method)),
  "http.route": orNull(textValue, httpRoute(record)),
  "http.response.status_code": intValue(record.status),
  "http.request.body.size": orNull(intValue, record.request_bytes),
  "http.response.body.size": intValue(record.response_bytes),
  "url.scheme": textValue(record.scheme),
  "url.path": textValue(record.path),
  "user_agent.original": orNull(textValue, record.user_agent),
  "error.type": orNull(textValue, requestError(record, 500)),
  "basegate.request.id": textValue(record.request_id),
  "basegate.event.id": textValue(record.event_id),
  "basegate.gateway": record.account_id === null
    ? null
    : textValue(`${record.account_id}/${record.gateway_id}`),
  "basegate.route": orNull(textValue, record.route),
  "basegate.token": orNull(textValue, record.token),
  "basegate.ending": textValue(record.ending),
  "basegate.error": orNull(textValue, record.error),
  "basegate.step": intValue(record.step),
  "basegate.cached": boolValue(record.cached),
  "basegate.overhead": orNull(doubleValue, record.gateway_ms === null ? null : record.gateway_ms / 1000),
  "basegate.cost.usd": orNull(doubleValue, record.cost),
  "basegate.websocket.messages_in": orNull(intValue, record.frames_in),
  "basegate.websocket.messages_out": orNull(intValue, record.frames_out),
})

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === "http:" ? 80 : 443)

/** Attributes of one try, and of its answer if that was relayed. */
export const attemptAttributes = (record: RequestRecord, attempt: AttemptRecord): Attributes => {
  const url = new URL(attempt.url)
  const operation = operationOf(attempt.url)
  const call: Attributes = {
    ...metadataAttributes(record),
    "gen_ai.operation.name": orNull(textValue, operation),
    "gen_ai.provider.name": textValue(attempt.provider),
    "gen_ai.request.model": orNull(textValue, attempt.model ?? record.deployment),
    "server.address": textValue(url.hostname),
    "server.port": intValue(portOf(url)),
    "http.request.method": textValue(httpMethod(record.method)),
    "url.full": textValue(attempt.url),
    "http.response.status_code": orNull(intValue, attempt.status),
    "http.request.resend_count": attempt.attempt > 1 ? intValue(attempt.attempt - 1) : null,
    "error.type": orNull(textValue, attemptError(record, attempt)),
    "basegate.step": intValue(attempt.step),
    "basegate.circuit": orNull(textValue, attempt.circuit),
  }
  if (attempt !== answeringAttempt(record)) return call
  const first = record.time_to_first_byte_ms
  return {
    ...call,
    "gen_ai.request.stream": record.stream ? boolValue(true) : null,
    "gen_ai.response.time_to_first_chunk": record.stream && first !== null
      ? doubleValue((first - attempt.started_ms) / 1000)
      : null,
    "gen_ai.usage.input_tokens": orNull(intValue, record.tokens_in),
    "gen_ai.usage.output_tokens": orNull(intValue, record.tokens_out),
    "gen_ai.usage.cache_read.input_tokens": orNull(intValue, record.tokens_cached),
    "gen_ai.usage.reasoning.output_tokens": orNull(intValue, record.tokens_reasoning),
    "basegate.usage.source": orNull(textValue, record.usage_source),
    "baseten.request.id": orNull(textValue, record.baseten_request_id),
  }
}
