/**
 * The body that goes to Baseten: looked at, rewritten or handed on, as its route asks.
 *
 * @module
 */
import { bodyTooLarge, GatewayError, unsupportedMediaType } from "../errors.ts"
import { type BodyView, compatBody, emptyView, viewBody } from "./body-view.ts"
import { streamedBody, viewLimit, wholeBody } from "./read-body.ts"

/** Whether a route's body is forwarded unread, looked at, or rewritten from the compat form. */
export type BodyUse = "unread" | "viewed" | "compat"

/** The body for Baseten. */
export interface PreparedBody {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** Its length in bytes, where it is known. */
  readonly length: number | undefined
  /** Aborts when a streamed body breaks off; its reason is the `GatewayError` that says why. */
  readonly broken: AbortSignal | undefined
  /** What was seen of it. */
  readonly view: BodyView
  /** How many bytes the client sends, where it is known. */
  readonly received: number | undefined
}

const isJson = (headers: Headers): boolean => {
  const type = headers.get("content-type")
  return type === null || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type.trim())
}

const isEncoded = (headers: Headers): boolean =>
  !["", "identity"].includes((headers.get("content-encoding") ?? "").trim().toLowerCase())

const unseen = { broken: undefined, view: emptyView, received: undefined }

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
  const readable = isJson(request.headers) && !isEncoded(request.headers)
  const mustRead = use === "compat" && request.method === "POST"
  if (mustRead && !readable) {
    return unsupportedMediaType(
      "The body cannot be read. Send JSON as application/json, without a content-encoding.",
    )
  }
  const read = use !== "unread" && readable && request.method === "POST"
  const body = read ? await wholeBody(request, limit) : streamedBody(request, limit)
  if (body instanceof GatewayError) return body
  if (body.kind === "none") {
    if (!mustRead) return { ...unseen, body: null, length: undefined }
    return unsupportedMediaType("The request has no body. Send JSON with model and messages.")
  }
  if (body.kind === "streamed") {
    if (mustRead) return bodyTooLarge(Math.min(limit, viewLimit), "a compat request may have")
    const { stream, length, broken } = body
    return { ...unseen, body: stream, length, broken, received: length }
  }
  const { bytes } = body
  const looked = use === "compat" ? compatBody(bytes) : viewBody(bytes)
  if (looked instanceof GatewayError) return looked
  const forwarded = "bytes" in looked ? looked : { bytes, view: looked }
  return {
    ...unseen,
    body: forwarded.bytes,
    length: forwarded.bytes.byteLength,
    view: forwarded.view,
    received: bytes.byteLength,
  }
}
