/**
 * The log record of one request.
 *
 * @module
 */
import { attributes, nanoseconds, textValue } from "./values.ts"
import { answeringAttempt } from "../genai/operation.ts"
import { attemptAttributes, requestAttributes } from "../genai/attributes.ts"
import type { RequestRecord } from "../../record/request-record.ts"

/** The numbers of OpenTelemetry's "Logs Data Model". */
const severities = { info: 9, warn: 13, error: 17 } as const

/** The severity of a record. */
export type Level = keyof typeof severities

/** A log record in OTLP's JSON form: a readable line, with the attributes of the request's spans. */
export const otlpLog = (record: RequestRecord, level: Level): object => {
  const time = nanoseconds(Date.parse(record.time) + record.total_ms)
  const answering = answeringAttempt(record)
  const { trace } = record
  const line = [record.method, record.path, record.status, record.ending, `${record.total_ms} ms`]
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: severities[level],
    severityText: level.toUpperCase(),
    eventName: "basegate.request",
    body: textValue(line.join(" ")),
    attributes: attributes({
      ...(answering && attemptAttributes(record, answering)),
      ...requestAttributes(record),
    }),
    ...(trace !== null && { traceId: trace.trace_id, spanId: trace.span_id, flags: Number(trace.sampled) }),
  }
}
