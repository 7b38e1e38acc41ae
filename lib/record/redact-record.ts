/**
 * A record without the secrets that its caller, or its provider, has put into it.
 *
 * @module
 */
import { redact, redactionMark, type Secrets } from "../redaction/secrets.ts"
import type { RequestRecord } from "./request-record.ts"

/** All that somebody else has chosen, in one text: secrets are looked for in it once, and nearly never found. */
const textOf = (record: RequestRecord): string => {
  const { event_id, request_id, trace } = record
  let text =
    `${record.method}\n${record.path}\n${record.model}\n${record.deployment}\n${record.user_agent}\n` +
    `${record.request_content_type}\n${record.response_content_type}\n${record.baseten_request_id}\n` +
    `${record.account_id}\n${record.gateway_id}\n${record.error}`
  if (event_id !== request_id) text += `\n${event_id}`
  for (const [key, value] of Object.entries(record.metadata)) text += `\n${key}\n${value}`
  for (const { url, model } of record.attempts) text += `\n${url}\n${model}`
  for (const change of record.changes) text += `\n${change}`
  return trace === null ? text : `${text}\n${trace.trace_id}\n${trace.parent_span_id}`
}

/**
 * The record as it may be told. One that holds no secret is given back as it is. One whose trace has an id that is a
 * secret loses the trace: nothing can stand in place of an id.
 *
 * @param isListed whether the settings list the record's gateway, so that its name is the operator's
 */
export const redactRecord = (
  record: RequestRecord,
  secrets: ReadonlyArray<Secrets>,
  isListed: boolean,
): RequestRecord => {
  const text = textOf(record)
  if (!secrets.some(({ contains }) => contains(text))) return record
  const scrub = (text: string): string => redact(text, ...secrets)
  const scrubAny = (text: string | null): string | null => text === null ? null : scrub(text)
  const isClean = (text: string): boolean => scrub(text) === text
  const { trace } = record
  return {
    ...record,
    event_id: scrub(record.event_id),
    account_id: isListed ? record.account_id : scrubAny(record.account_id),
    gateway_id: isListed ? record.gateway_id : scrubAny(record.gateway_id),
    method: scrub(record.method),
    path: scrub(record.path),
    model: scrubAny(record.model),
    deployment: scrubAny(record.deployment),
    user_agent: scrubAny(record.user_agent),
    request_content_type: scrubAny(record.request_content_type),
    response_content_type: scrubAny(record.response_content_type),
    baseten_request_id: scrubAny(record.baseten_request_id),
    error: scrubAny(record.error),
    metadata: Object.fromEntries(
      Object.entries(record.metadata).map(([key, value]) =>
        [scrub(key), isClean(String(value)) ? value : scrub(String(value))] as const
      ),
    ),
    attempts: record.attempts.map((attempt) => ({
      ...attempt,
      model: scrubAny(attempt.model),
      // A deployment's id stands in the host, where brackets make no URL.
      url: scrub(attempt.url).replaceAll(redactionMark, redactionMark.slice(1, -1)),
    })),
    changes: record.changes.map(scrub),
    trace: trace !== null && isClean(`${trace.trace_id}\n${trace.parent_span_id}`) ? trace : null,
  }
}
