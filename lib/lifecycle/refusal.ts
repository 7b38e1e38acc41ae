/**
 * What a client is told where the gateway itself answers, and the ids that every answer carries.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import type * as Exit from "effect/Exit"
import { errorResponse } from "../errors/error-response.ts"
import { clientLeft, cutByDraining, type GatewayError, internal } from "../errors.ts"
import type { Exchange } from "../exchange.ts"
import { reportDefect } from "../redaction/stack-frames.ts"

/** Why the work on a request came to nothing. A defect is logged, by where it comes from. */
export const failureOf = (
  { record: { request_id }, interruption }: Exchange,
  { cause }: Exit.Failure<Response, GatewayError>,
): GatewayError => {
  const failure = Cause.findErrorOption(cause)
  if (failure._tag === "Some") return failure.value
  if (Cause.hasInterruptsOnly(cause)) return interruption === "draining" ? cutByDraining() : clientLeft()
  reportDefect(request_id, Cause.squash(cause))
  return internal(request_id)
}

/** Ends a request with an error. */
export const refuse = (exchange: Exchange, error: GatewayError): Response => {
  const { record, interruption } = exchange
  const { reason } = error
  record.status = error.status
  record.error_code = error.code
  record.error = reason
  record.cost = 0
  exchange.finish(reason === "client_left" || reason === interruption ? reason : record.ending)
  const response = errorResponse(error, exchange.secrets())
  return exchange.request.method === "HEAD" ? new Response(null, response) : response
}

/** The ids that Cloudflare's answers carry; log and request id are one, the event id may be the caller's. */
export const withIds = (response: Response, { record }: Exchange): Response => {
  response.headers.set("cf-aig-request-id", record.request_id)
  response.headers.set("cf-aig-log-id", record.request_id)
  response.headers.set("cf-aig-event-id", record.event_id)
  return response
}
