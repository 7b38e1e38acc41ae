/**
 * The gateway's own answer to a request that it refuses or cannot serve.
 *
 * @module
 */
import { type ErrorContext, errorText } from "../errors/error-body.ts"
import type { GatewayError } from "../errors.ts"
import type { Exchange } from "../exchange.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import type { Secrets } from "../redaction/secrets.ts"
import type { Answer } from "../relay/answer.ts"

/** Ends a request with an error. */
export const refuse = (exchange: Exchange, error: GatewayError): Answer => {
  const { reason, status } = error
  const cut = exchange.cut.reason
  exchange.finish({
    status,
    ending: reason === "client_left" || (cut === "draining" && reason === "draining")
      ? reason
      : exchange.answering?.ending ?? "complete",
    errorCode: error.code,
    error: reason,
    cost: 0,
  })
  const answer = errorAnswer(error, exchange.secrets(), exchange)
  return exchange.method === "HEAD" ? { ...answer, body: null } : answer
}

/**
 * An error as an answer.
 *
 * @param secrets redacted, since the error may quote its caller
 */
const errorAnswer = (
  error: GatewayError,
  secrets: ReadonlyArray<Secrets>,
  asked?: ErrorContext,
): Answer => {
  const headers = HeaderFields.from([["content-type", "application/json"]])
  for (const [name, value] of Object.entries(error.headers ?? {})) headers.set(name, value)
  const body = new TextEncoder().encode(errorText(error, secrets, asked))
  return { status: error.status, statusText: "", headers, body }
}

/** Adds the ids of Cloudflare's answers; log and request id are the same, the event id may be the caller's. */
export const addIds = (headers: HeaderFields, { id, eventId }: Exchange): void => {
  headers.set("cf-aig-request-id", id)
  headers.set("cf-aig-log-id", id)
  headers.set("cf-aig-event-id", eventId)
}
