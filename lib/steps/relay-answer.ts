/**
 * Baseten's answer made the gateway's: headers, ids, and the body on its way.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewayError } from "./errors.ts"
import { type Exchange, rounded } from "./exchange.ts"
import { responseHeaders } from "./relay/response-headers.ts"
import type { StreamRelay } from "./relay/StreamRelay.ts"
import { sseTap } from "./relay/sse-tap.ts"
import type { UpstreamAnswer } from "./relay/Upstream.ts"
import { compatModels } from "./route/compat-models.ts"
import type { UpstreamRoute } from "./route/routes.ts"

/** Statuses whose responses have no body (RFC 9110 §6.4.1, Fetch's null body status). */
const bodiless = new Set([204, 205, 304])

const isEventStream = (headers: Headers): boolean =>
  /^text\/event-stream\b/i.test(headers.get("content-type") ?? "")

/**
 * Starts to relay an answer.
 *
 * @param before when Baseten was called, in milliseconds of the exchange: up to then, and from its headers on,
 *   time is the gateway's own
 */
export const relayAnswer = (
  exchange: Exchange,
  route: UpstreamRoute,
  answer: UpstreamAnswer,
  relay: StreamRelay["Service"],
  before: number,
): Effect.Effect<Response, GatewayError> => {
  const { record, request } = exchange
  const { response, clocks } = answer
  record.upstream_status = record.status = response.status
  record.baseten_request_id = response.headers.get("x-baseten-request-id")
  const headers = responseHeaders(response.headers, answer.decoded)
  headers.set("cf-aig-step", "0")
  if (response.status === 200 && isEventStream(headers)) record.stream = true

  const answered = (body: ReadableStream<Uint8Array> | string | null): Response => {
    record.gateway_ms = rounded(before + exchange.elapsed() - (record.time_to_headers_ms ?? 0))
    headers.append("server-timing", `gateway;dur=${record.gateway_ms}`)
    const { status, statusText } = response
    return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>> | string | null, {
      status,
      statusText,
      headers,
    })
  }
  if (response.body === null || bodiless.has(response.status) || request.method === "HEAD") {
    answer.release()
    exchange.finish("complete")
    return Effect.succeed(answered(null))
  }

  const framed = route.framing !== undefined && response.status === 200 && isEventStream(headers)
  const { body, cut } = relay.relay({
    source: response.body,
    tap: framed && route.framing !== undefined ? sseTap(route.framing) : undefined,
    onWaiting: () => clocks.waiting(answer.now()),
    onChunk: (bytes) => {
      clocks.chunkCame()
      record.time_to_first_byte_ms ??= exchange.elapsed()
      record.response_bytes += bytes
    },
    onEnd: (ending) => {
      answer.release()
      exchange.finish(ending)
    },
  })
  answer.onExpiry(cut)
  // Not every runtime cancels the body of a client that left while nothing was being written.
  request.signal.addEventListener("abort", () => cut("client_left"), { once: true })
  return route.compatModels && response.status === 200
    ? Effect.map(listInCompatForm(body, headers), answered)
    : Effect.succeed(answered(body))
}

/** The list in Cloudflare's form; an answer that is not the list we know is handed on as it came. */
const listInCompatForm = (body: ReadableStream<Uint8Array>, headers: Headers): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text()),
    (text) => {
      let list: unknown
      try {
        list = compatModels(JSON.parse(text))
      } catch {
        list = undefined
      }
      if (list === undefined) return text
      headers.set("content-type", "application/json")
      headers.delete("content-length")
      headers.delete("etag")
      return JSON.stringify(list)
    },
  )
