/**
 * The kind of call that a request is, by the terms of OpenTelemetry's conventions for generative AI.
 *
 * @module
 */
import { type AttemptRecord, hasReportedError, type RequestRecord } from "../../record/request-record.ts"

/** `predict` and `run_remote` are Baseten's terms, since the conventions have none. */
export type Operation = "chat" | "text_completion" | "embeddings" | "predict" | "run_remote"

const byPath: ReadonlyArray<readonly [RegExp, Operation]> = [
  [/\/(?:chat\/completions|messages|responses)$/, "chat"],
  [/\/embeddings$/, "embeddings"],
  [/\/completions$/, "text_completion"],
  // In Baseten's paths, or in those of the gateway.
  [/\/(?:async_)?predict$|\/baseten\/model\/[^/]+\/?$/, "predict"],
  [/\/(?:async_)?run_remote$|\/baseten\/chain\/[^/]+\/?$/, "run_remote"],
]

/** The operation of a path; `undefined` if it is not inference, such as a list of models. */
export const operationOf = (path: string): Operation | undefined => {
  for (const [form, operation] of byPath) if (form.test(path)) return operation
  return undefined
}

/** The operation of a request: that of its last call, since a universal request's own path does not have one. */
export const requestOperation = (
  { attempts, path, method }: Pick<RequestRecord, "attempts" | "path" | "method">,
): Operation | undefined => method === "POST" ? operationOf(attempts.at(-1)?.url ?? path) : undefined

/** The try whose answer was relayed, completely or not. */
export const answeringAttempt = ({ attempts, upstream_status }: RequestRecord): AttemptRecord | undefined => {
  const last = attempts.at(-1)
  return last !== undefined && upstream_status !== null && last.status === upstream_status ? last : undefined
}

/**
 * The error of a request that failed after its answer had begun; a client that leaves is not an error. All errors reported
 * by answers have one name here, since their wording is the provider's.
 */
const badEnding = (record: RequestRecord): string | null => {
  const { ending } = record
  if (ending !== "complete" && ending !== "client_left") return ending
  return hasReportedError(record) ? "provider_error" : null
}

/**
 * `error.type` of a try: why there was no answer, its error status, or how its answer broke off; `null` if it succeeded.
 */
export const attemptError = (record: RequestRecord, attempt: AttemptRecord): string | null => {
  if (attempt.error !== null) return attempt.error
  if (attempt.status !== null && attempt.status >= 400) return String(attempt.status)
  return attempt === answeringAttempt(record) ? badEnding(record) : null
}

/** `error.type` of a request; statuses of at least `from` are errors, since only some signals count a client's mistake. */
export const requestError = (record: RequestRecord, from: 400 | 500): string | null =>
  badEnding(record) ?? (record.status >= from ? record.error ?? String(record.status) : null)
