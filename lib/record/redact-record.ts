/**
 * Redacts the secrets that a caller, or a provider, has put into a record.
 *
 * @module
 */
import { redact, redactionMark, type Secrets } from "../redaction/secrets.ts"
import { plainText } from "../redaction/unescape.ts"
import type { RequestRecord } from "./request-record.ts"

/** Everything in a record that callers or providers chose, as one text: it is searched once, and hardly ever holds a secret. */
const textOf = (record: RequestRecord): string => {
  const { attempts, changes, event_id, metadata, trace } = record
  // `join` reads `null` as an empty text.
  let text = [
    record.method,
    record.path,
    record.model,
    record.deployment,
    record.user_agent,
    record.request_content_type,
    record.response_content_type,
    record.baseten_request_id,
    record.account_id,
    record.gateway_id,
    record.error,
  ].join("\n")
  if (event_id !== record.request_id) text += `\n${event_id}`
  for (const key in metadata) text += `\n${key}\n${metadata[key]}`
  for (const { url, model } of attempts) text += model === record.model ? `\n${url}` : `\n${url}\n${model}`
  for (const change of changes) text += `\n${change}`
  return trace === null ? text : `${text}\n${trace.trace_id}\n${trace.parent_span_id}`
}

/** Whether a record holds one of the secrets. */
export const holdsSecret = (record: RequestRecord, secrets: ReadonlyArray<Secrets>): boolean => {
  const plain = plainText(textOf(record))
  for (const known of secrets) if (known.containsPlain(plain)) return true
  return false
}

/**
 * The record as it may be published; itself if it holds no secret. A record loses its trace if an id of the trace is a
 * secret: an id cannot be redacted.
 *
 * @param isListed whether the settings list the record's gateway, so that its name is the operator's
 */
export const redactRecord = (
  record: RequestRecord,
  secrets: ReadonlyArray<Secrets>,
  isListed: boolean,
): RequestRecord => {
  if (!holdsSecret(record, secrets)) return record
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
      // A deployment's id is part of the host, where the brackets of the redaction mark are invalid.
      url: scrub(attempt.url).replaceAll(redactionMark, redactionMark.slice(1, -1)),
    })),
    changes: record.changes.map(scrub),
    trace: trace !== null && isClean(`${trace.trace_id}\n${trace.parent_span_id}`) ? trace : null,
  }
}
