/**
 * The body that goes to Baseten: looked at, rewritten or handed on, as its route asks.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewaySettings } from "./config/gateway-settings.ts"
import { bodyTooLarge, clientLeft, GatewayError, unsupportedMediaType } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import { type BodyView, compatBody, viewBody } from "./request/body-view.ts"
import { type RequestBody, streamedBody, viewLimit, wholeBody } from "./request/read-body.ts"
import type { UpstreamRoute } from "./route/routes.ts"

/** The body for Baseten. */
export interface PreparedBody {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** Its length in bytes, where it is known. */
  readonly length: number | undefined
  /** Why the body was refused while it streamed, if it was. */
  readonly refusal: () => GatewayError | undefined
}

const isJson = (headers: Headers): boolean => {
  const type = headers.get("content-type")
  return type === null || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type.trim())
}

const isEncoded = (headers: Headers): boolean =>
  !["", "identity"].includes((headers.get("content-encoding") ?? "").trim().toLowerCase())

/** Reads, looks and rewrites; fails with 400, 413 or 415, or with `client_left` where the client stops sending. */
export const prepareBody = (
  exchange: Exchange,
  route: UpstreamRoute,
  gateway: GatewaySettings,
): Effect.Effect<PreparedBody, GatewayError> => {
  const { request, record } = exchange
  const limit = gateway.requestBodyLimit
  const readable = isJson(request.headers) && !isEncoded(request.headers)
  let refused: GatewayError | undefined
  const refuse = (error: GatewayError): void => {
    refused = error
  }
  const refusal = () => refused

  const note = (view: BodyView): void => {
    record.model = view.model ?? null
    record.stream = view.stream
  }
  const prepared = (body: RequestBody): PreparedBody | GatewayError => {
    if (body.kind === "none") {
      return route.body === "compat" ? notReadable(false, limit) : { body: null, length: undefined, refusal }
    }
    if (body.kind === "streamed") {
      record.request_bytes = body.length ?? null
      return route.body === "compat"
        ? notReadable(true, limit)
        : { body: body.stream, length: body.length, refusal }
    }
    const looked = route.body === "compat" ? compatBody(body.bytes) : viewBody(body.bytes)
    if (looked instanceof GatewayError) return looked
    note("view" in looked ? looked.view : looked)
    const bytes = "bytes" in looked ? looked.bytes : body.bytes
    record.request_bytes = body.bytes.byteLength
    return { body: bytes, length: bytes.byteLength, refusal }
  }

  if (route.body === "compat" && request.method === "POST" && !readable) {
    return Effect.fail(
      unsupportedMediaType(
        "The body cannot be read. Send JSON as application/json, without a content-encoding.",
      ),
    )
  }
  if (route.body === "unread" || !readable || request.method !== "POST") {
    return settle(Effect.succeed(streamedBody(request, limit, refuse)), prepared)
  }
  const read = Effect.tryPromise({ try: () => wholeBody(request, limit, refuse), catch: clientLeft })
  return settle(read, prepared)
}

const settle = (
  read: Effect.Effect<RequestBody | GatewayError, GatewayError>,
  prepared: (body: RequestBody) => PreparedBody | GatewayError,
): Effect.Effect<PreparedBody, GatewayError> =>
  Effect.flatMap(read, (body) => {
    const result = body instanceof GatewayError ? body : prepared(body)
    return result instanceof GatewayError ? Effect.fail(result) : Effect.succeed(result)
  })

const notReadable = (tooLarge: boolean, limit: number): GatewayError =>
  tooLarge
    ? bodyTooLarge(Math.min(limit, viewLimit), "a compat request may have")
    : unsupportedMediaType("The request has no body. Send JSON with model and messages.")
