/**
 * The body that goes to a provider: looked at, rewritten or handed on, as its route asks.
 *
 * @module
 */
import { bodyTooLarge, GatewayError, unsupportedMediaType } from "../errors.ts"
import { glanceAt, notUtf8 } from "./body-glance.ts"
import { type BodyView, compatBody, emptyView, viewBody } from "./body-view.ts"
import { codingOf } from "./content-coding.ts"
import { glanceAtCoded, readCoded } from "./coded-body.ts"
import { declaresOtherEncoding, isUtf8 } from "../json/encoding.ts"
import { streamedBody, viewLimit, wholeBody } from "./read-body.ts"
import type { Upload } from "./upload.ts"

/**
 * Whether a route's body is forwarded unread, looked at where it is called JSON, looked at whatever it is called,
 * rewritten from the compat form, or read by the gateway itself.
 */
export type BodyUse = "unread" | "json" | "viewed" | "compat" | "read"

/** What is wanted of a body. */
export interface BodyRequirements {
  readonly use: BodyUse
  /** Whether one that is not looked at is held all the same, so that it can be sent again. */
  readonly isHeld: boolean
  /** Whether the call cannot be made before its model is known. */
  readonly mustKnow: boolean
  /** The largest body, in bytes. */
  readonly limit: number
}

/** The body for a provider. */
export interface PreparedBody {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** Its length in bytes, where it is known. */
  readonly length: number | undefined
  /** Aborts when a streamed body breaks off; its reason is the `GatewayError` that says why. */
  readonly broken: AbortSignal | undefined
  /** What was seen of it. */
  readonly view: BodyView
  /** Whether it may ask for a model, and does not tell for which. */
  readonly isOpaque: boolean
  /** The content coding of its bytes; nothing where they have none, or it was undone. */
  readonly coding: string | undefined
  /** Whose it is, where a compat body says so. */
  readonly provider: string | undefined
  /** How many bytes the client sends, where it is known. */
  readonly received: number | undefined
}

const isJson = (headers: Headers): boolean => {
  const type = headers.get("content-type")
  return type === null || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type.trim())
}

const unseen = {
  length: undefined,
  broken: undefined,
  view: emptyView,
  isOpaque: false,
  coding: undefined,
  provider: undefined,
  received: undefined,
}

/**
 * Reads, looks and rewrites.
 *
 * @returns the body, or why there is none: 400, 413, 415, or 408, 503, or `client_left` where the client leaves
 */
export const prepareBody = async (
  request: Upload,
  wish: BodyRequirements,
): Promise<PreparedBody | GatewayError> => {
  const { headers, method } = request
  const { use, limit } = wish
  const isSent = method !== "GET" && method !== "HEAD"
  const mustRead = (use === "compat" || use === "read") && method === "POST"
  const calledJson = isJson(headers)
  if (mustRead && !calledJson) {
    return unsupportedMediaType("The body cannot be read. Send JSON as application/json.")
  }
  // Servers may read JSON that is called something else: its model must not escape limits and prices.
  const looks = isSent && (use === "viewed" || (use === "json" && calledJson))
  const coding = codingOf(headers)
  if (looks || mustRead) {
    if (declaresOtherEncoding(headers)) return notUtf8()
    if (coding !== undefined) return await prepareCoded(request, coding, wish, mustRead)
  }
  const isHeld = wish.isHeld && calledJson && coding === undefined && method === "POST"
  const glance = looks ? glanceAt(wish.mustKnow) : undefined
  const body = looks || mustRead || isHeld
    ? await wholeBody(request, limit, glance)
    : streamedBody(request, limit)
  if (body instanceof GatewayError) return body
  if (body.kind === "none") {
    return mustRead ? unsupportedMediaType("The request has no body. Send JSON.") : { ...unseen, body: null }
  }
  if (body.kind === "whole") return inspect(body.bytes, use)
  if (mustRead) return bodyTooLarge(Math.min(limit, viewLimit), "the gateway reads on this route")
  const { stream, length, broken } = body
  const view = glance?.view ?? emptyView
  const isOpaque = use !== "unread" && !view.model
  return { ...unseen, body: stream, length, broken, view, isOpaque, coding, received: length }
}

const prepareCoded = async (
  request: Upload,
  coding: string,
  { use, limit }: BodyRequirements,
  mustRead: boolean,
): Promise<PreparedBody | GatewayError> => {
  const body = await wholeBody(request, limit, undefined, limit)
  if (body instanceof GatewayError) return body
  if (body.kind === "streamed") {
    await body.stream.pipeTo(new WritableStream()).catch(() => {})
    return bodyTooLarge(limit)
  }
  if (body.kind === "none") {
    return mustRead ? unsupportedMediaType("The request has no body. Send JSON.") : { ...unseen, body: null }
  }
  const { bytes } = body
  const received = bytes.byteLength
  if (mustRead) {
    const decoded = await readCoded(bytes, coding, Math.min(limit, viewLimit))
    if (decoded instanceof GatewayError) return decoded
    const seen = inspect(decoded, use)
    return seen instanceof GatewayError ? seen : { ...seen, received }
  }
  const view = await glanceAtCoded(bytes, coding, limit)
  if (view instanceof GatewayError) return view
  return { ...unseen, body: bytes, length: received, view, isOpaque: isOpaque(view, use), coding, received }
}

/** A call that is known by name has a model; another may have none, if all of its JSON could be looked at. */
const isOpaque = (view: BodyView, use: BodyUse): boolean =>
  use === "viewed" ? !view.model : use === "json" && view === emptyView

/** Looks at a body that is there, and rewrites it if its use asks for it. */
export const inspect = (bytes: Uint8Array<ArrayBuffer>, use: BodyUse): PreparedBody | GatewayError => {
  const received = bytes.byteLength
  if (use === "compat") {
    const compat = compatBody(bytes)
    return compat instanceof GatewayError
      ? compat
      : { ...unseen, ...compat, body: compat.bytes, length: compat.bytes.byteLength, received }
  }
  const looks = use === "viewed" || use === "json"
  if (looks && !isUtf8(bytes)) return notUtf8()
  const view = looks ? viewBody(bytes) : emptyView
  if (view instanceof GatewayError) return view
  // Member by member, as every call needs it: a spread costs V8 as much as looking at the body.
  return {
    body: bytes,
    length: received,
    broken: undefined,
    view,
    isOpaque: isOpaque(view, use),
    coding: undefined,
    provider: undefined,
    received,
  }
}
