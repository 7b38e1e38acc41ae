/**
 * What kind of call a request is, in the words of OpenTelemetry's conventions for generative AI.
 *
 * @module
 */
import { type AttemptRecord, hasReportedError, type RequestRecord } from "../../record/request-record.ts"

/** `predict` and `run_remote` are Baseten's words, for what the conventions have none. */
export type Operation = "chat" | "text_completion" | "embeddings" | "predict" | "run_remote"

const byPath: ReadonlyArray<readonly [RegExp, Operation]> = [
  [/\/(?:chat\/completions|messages|responses)$/, "chat"],
  [/\/embeddings$/, "embeddings"],
  [/\/completions$/, "text_completion"],
  // As they reach Baseten, or as callers ask for them.
  [/\/(?:async_)?predict$|\/baseten\/model\/[^/]+\/?$/, "predict"],
  [/\/(?:async_)?run_remote$|\/baseten\/chain\/[^/]+\/?$/, "run_remote"],
]

/** The operation that a path asks for; nothing where it asks for no inference, as a list of models does not. */
export const operationOf = (path: string): Operation | undefined => {
  for (const [form, operation] of byPath) if (form.test(path)) return operation
  return undefined
}

/** The operation of a request: that of its last call, since a universal request's own path tells none. */
export const requestOperation = (
  { attempts, path, method }: Pick<RequestRecord, "attempts" | "path" | "method">,
): Operation | undefined => method === "POST" ? operationOf(attempts.at(-1)?.url ?? path) : undefined

/** The try whose answer the caller got, whole or not. */
export const answeringAttempt = ({ attempts, upstream_status }: RequestRecord): AttemptRecord | undefined => {
  const last = attempts.at(-1)
  return last !== undefined && upstream_status !== null && last.status === upstream_status ? last : undefined
}

/**
 * Whether a request ended badly after its answer had begun; a client that leaves is no error. What an answer tells of an
 * error has one name here, for its words are the provider's.
 */
const badEnding = (record: RequestRecord): string | null => {
  const { ending } = record
  if (ending !== "complete" && ending !== "client_left") return ending
  return hasReportedError(record) ? "provider_error" : null
}

/**
 * `error.type` of a try: why there was no answer, its error status, or how its answer broke off; `null` where it went
 * well.
 */
export const attemptError = (record: RequestRecord, attempt: AttemptRecord): string | null => {
  if (attempt.error !== null) return attempt.error
  if (attempt.status !== null && attempt.status >= 400) return String(attempt.status)
  return attempt === answeringAttempt(record) ? badEnding(record) : null
}

/** `error.type` of a request, where an answer of at least `from` is an error: a client's mistake is one to some. */
export const requestError = (record: RequestRecord, from: 400 | 500): string | null =>
  badEnding(record) ?? (record.status >= from ? record.error ?? String(record.status) : null)
