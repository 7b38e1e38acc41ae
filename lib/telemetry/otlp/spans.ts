/**
 * The spans of one request, made from its record once it has ended.
 *
 * @module
 */
import { httpMethod, httpRoute } from "../genai/http-route.ts"
import { answeringAttempt, attemptError, operationOf, requestError } from "../genai/operation.ts"
import { attributes, nanoseconds } from "./values.ts"
import { attemptAttributes, type Attributes, requestAttributes } from "../genai/attributes.ts"
import type { AttemptRecord, RequestRecord } from "../../record/request-record.ts"

const server = 2
const client = 3
const failed = { code: 2 }
/** Bit 0: sampled. Bit 8: it is known whether the parent is remote; bit 9: it is. */
const flags = { root: 0x1, ofLocal: 0x101, ofRemote: 0x301 }

/** The conventions forbid paths and unknown methods in span names, whose number they would make unbounded. */
const methodOf = ({ method }: RequestRecord): string => httpMethod(method).replace("_OTHER", "HTTP")
const requestName = (record: RequestRecord): string =>
  [methodOf(record), httpRoute(record)].filter((word) => word !== undefined).join(" ")
const attemptName = (record: RequestRecord, { url, model }: AttemptRecord): string =>
  [operationOf(url) ?? methodOf(record), model ?? record.deployment].filter((word) => word !== null).join(" ")

/**
 * A SERVER span for the request and a CLIENT span for each try, in OTLP's JSON form; none if the request is not
 * sampled.
 *
 * @param content attributes for the try whose answer was relayed
 */
export const otlpSpans = (record: RequestRecord, content: Attributes = {}): ReadonlyArray<object> => {
  const { trace, attempts } = record
  if (!trace?.sampled) return []
  const start = Date.parse(record.time)
  const times = (from: number, to: number) => ({
    startTimeUnixNano: nanoseconds(start + from),
    endTimeUnixNano: nanoseconds(start + Math.max(from, to)),
  })
  const answering = answeringAttempt(record)
  const request = {
    traceId: trace.trace_id,
    spanId: trace.span_id,
    ...(trace.parent_span_id !== null && { parentSpanId: trace.parent_span_id }),
    flags: trace.parent_span_id === null ? flags.root : flags.ofRemote,
    name: requestName(record),
    kind: server,
    ...times(0, record.total_ms),
    attributes: attributes(requestAttributes(record)),
    ...(requestError(record, 500) !== null && { status: failed }),
  }
  const calls = attempts.filter(({ span_id }) => span_id !== null).map((attempt) => ({
    traceId: trace.trace_id,
    spanId: attempt.span_id,
    parentSpanId: trace.span_id,
    flags: flags.ofLocal,
    name: attemptName(record, attempt),
    kind: client,
    ...times(
      attempt.started_ms,
      attempt === answering ? record.total_ms : attempt.started_ms + attempt.duration_ms,
    ),
    attributes: attributes({
      ...attemptAttributes(record, attempt),
      ...(attempt === answering && content),
    }),
    ...(attemptError(record, attempt) !== null && { status: failed }),
  }))
  return [request, ...calls]
}
