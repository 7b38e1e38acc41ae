/**
 * The body that goes to a provider: looked at, rewritten or handed on, as its route asks.
 *
 * @module
 */
import { bodyTooLarge, GatewayError, unsupportedMediaType } from "../errors.ts"
import { type BodyView, compatBody, emptyView, viewBody } from "./body-view.ts"
import { streamedBody, viewLimit, wholeBody } from "./read-body.ts"

/**
 * Whether a route's body is forwarded unread, held so that it can be sent again, looked at, rewritten from the compat
 * form, or read by the gateway itself.
 */
export type BodyUse = "unread" | "held" | "viewed" | "compat" | "read"

/** The body for a provider. */
export interface PreparedBody {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** Its length in bytes, where it is known. */
  readonly length: number | undefined
  /** Aborts when a streamed body breaks off; its reason is the `GatewayError` that says why. */
  readonly broken: AbortSignal | undefined
  /** What was seen of it. */
  readonly view: BodyView
  /** Whose it is, where a compat body says so. */
  readonly provider: string | undefined
  /** How many bytes the client sends, where it is known. */
  readonly received: number | undefined
}

const isJson = (headers: Headers): boolean => {
  const type = headers.get("content-type")
  return type === null || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type.trim())
}

const isEncoded = (headers: Headers): boolean =>
  !["", "identity"].includes((headers.get("content-encoding") ?? "").trim().toLowerCase())

const unseen = {
  length: undefined,
  broken: undefined,
  view: emptyView,
  provider: undefined,
  received: undefined,
}

/**
 * Reads, looks and rewrites.
 *
 * @param limit the largest body, in bytes
 * @returns the body, or why there is none: 400, 413, 415, or `client_left` where the client stops sending
 */
export const prepareBody = async (
  request: Request,
  use: BodyUse,
  limit: number,
): Promise<PreparedBody | GatewayError> => {
  // Servers may read JSON that is called something else: its model must not escape limits and prices.
  const readable = (use === "viewed" || isJson(request.headers)) && !isEncoded(request.headers)
  const mustRead = (use === "compat" || use === "read") && request.method === "POST"
  if (mustRead && !readable) {
    return unsupportedMediaType(
      "The body cannot be read. Send JSON as application/json, without a content-encoding.",
    )
  }
  const read = use !== "unread" && readable && request.method === "POST"
  const body = read ? await wholeBody(request, limit) : streamedBody(request, limit)
  if (body instanceof GatewayError) return body
  if (body.kind === "none") {
    return mustRead ? unsupportedMediaType("The request has no body. Send JSON.") : { ...unseen, body: null }
  }
  if (body.kind === "streamed") {
    if (mustRead) return bodyTooLarge(Math.min(limit, viewLimit), "the gateway reads on this route")
    const { stream, length, broken } = body
    return { ...unseen, body: stream, length, broken, received: length }
  }
  return lookAt(body.bytes, use)
}

/** Looks at a body that is there, and rewrites it if its use asks for it. */
export const lookAt = (bytes: Uint8Array<ArrayBuffer>, use: BodyUse): PreparedBody | GatewayError => {
  const received = bytes.byteLength
  if (use === "compat") {
    const compat = compatBody(bytes)
    return compat instanceof GatewayError
      ? compat
      : { ...unseen, ...compat, body: compat.bytes, length: compat.bytes.byteLength, received }
  }
  const view = use === "viewed" ? viewBody(bytes) : emptyView
  return view instanceof GatewayError
    ? view
    // Member by member, as every call needs it: a spread costs V8 as much as looking at the body.
    : { body: bytes, length: received, broken: undefined, view, provider: undefined, received }
}
