/**
 * The body that goes to a provider: inspected, rewritten or streamed up, as its route requires.
 *
 * @module
 */
import * as Result from "effect/Result"
import { bodyTooLarge, type GatewayError, unsupportedMediaType } from "../errors.ts"
import { isJson } from "../headers/media-type.ts"
import { declaresOtherEncoding, isUtf8 } from "../json/encoding.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import { glanceAt, notUtf8 } from "./body-glance.ts"
import { type BodyView, emptyView, viewBody } from "./body-view.ts"
import { glanceAtCoded, readCoded } from "./coded-body.ts"
import { compatBody, restBody, runBody } from "./compat-body.ts"
import { codingOf } from "./content-coding.ts"
import { peekedBody } from "./peek-body.ts"
import type { NoBody, PreparedBody, PreparedBytes } from "./prepared-body.ts"
import { declaredLength, type RequestBody, streamedBody, viewLimit, wholeBody } from "./read-body.ts"
import { shortUpload, type Upload } from "./upload.ts"

/** The forms in which a model names its provider. */
const rewrites = { compat: compatBody, rest: restBody, run: runBody }

/**
 * Whether a route's body is forwarded unread, inspected if its media type is JSON, inspected whatever its media type,
 * rewritten from one of the forms in which the model names its provider, or read by the gateway itself.
 */
export type BodyUse = "unread" | "json" | "viewed" | keyof typeof rewrites | "read"

const isRewritten = (use: BodyUse): use is keyof typeof rewrites => Object.hasOwn(rewrites, use)

/** How a body has to be prepared. */
export interface BodyRequirements {
  readonly use: BodyUse
  /** Whether a body that is not inspected is held all the same, so that it can be sent again. */
  readonly isHeld: boolean
  /** Whether all of it is held if it may be text, so that it can be checked. */
  readonly isChecked?: boolean
  /** Whether the model must be known before the call is made. */
  readonly mustKnow: boolean
  /** The largest body, in bytes. */
  readonly limit: number
}

const noBody: NoBody = {
  kind: "none",
  view: emptyView,
  isOpaque: false,
  coding: undefined,
  provider: undefined,
  received: undefined,
}

/** A body on its way in, and how it will be used. */
interface Coming {
  readonly upload: Upload
  readonly wish: BodyRequirements
  readonly coding: string | undefined
  readonly looks: boolean
  readonly mustRead: boolean
}

/**
 * Reads, inspects and rewrites. A short JSON body takes one promise beside the runtime's own.
 *
 * Fails with 400, 413, 415, or 408, 503, or `client_left` if the client leaves.
 */
export const prepareBody = (
  upload: Upload,
  wish: BodyRequirements,
): Awaitable<Result.Result<PreparedBody, GatewayError>> => {
  const { headers, method } = upload
  const { use, limit } = wish
  const type = headers.get("content-type")
  const calledJson = type === null || isJson(type)
  const mustRead = (use === "read" || isRewritten(use)) && method === "POST"
  if (mustRead && !calledJson) return Result.fail(notJson())
  // Servers may read JSON under another media type: its model must not escape limits and prices.
  const looks = method !== "GET" && method !== "HEAD" && (use === "viewed" || (use === "json" && calledJson))
  const coding = codingOf(headers)
  const coming = { upload, wish, coding, looks, mustRead }
  if (looks || mustRead) {
    if (type !== null && declaresOtherEncoding(type)) return Result.fail(notUtf8())
    if (coding !== undefined) return prepareCoded(coming, coding)
  } else if (wish.isChecked === true) {
    return prepareChecked(coming)
  } else if (!(wish.isHeld && calledJson && coding === undefined && method === "POST")) {
    return whenReady(streamedBody(upload, limit), (body) => preparedUnread(coming, body))
  }
  const length = declaredLength(headers)
  return length !== undefined && length > 0 && length <= shortUpload && length <= limit
    ? upload.short((bytes) => inspect(bytes, use))
    : prepareLong(coming)
}

const notJson = (): GatewayError =>
  unsupportedMediaType("The body cannot be read. Send JSON as application/json.")
const missing = (): GatewayError => unsupportedMediaType("The request has no body. Send JSON.")

/** Whether a body may be text, by its media type. Of forms with files, pictures and sound the beginning decides. */
const mayBeText = (type: string | null): boolean =>
  type === null || !/^(?:audio|font|image|model|multipart|video)\//i.test(type)

/** A body that is held for nothing but a check. */
const prepareChecked = async (coming: Coming): Promise<Result.Result<PreparedBody, GatewayError>> => {
  const { upload, wish: { limit, use }, coding } = coming
  const { headers, method } = upload
  if (method === "GET" || method === "HEAD") {
    return preparedUnread(coming, await streamedBody(upload, limit))
  }
  const read =
    await (coding !== undefined || mayBeText(headers.get("content-type"))
      ? wholeBody(upload, limit, undefined, limit)
      : peekedBody(upload, limit))
  return Result.flatMap(
    read,
    (body) =>
      body.kind === "bytes"
        ? Result.succeed(
          bytesBody(
            body.bytes,
            emptyView,
            isOpaque(emptyView, use),
            coding,
            undefined,
            body.bytes.byteLength,
          ),
        )
        : prepared(coming, body, emptyView),
  )
}

const preparedUnread = (
  coming: Coming,
  body: Result.Result<RequestBody, GatewayError>,
): Result.Result<PreparedBody, GatewayError> =>
  Result.flatMap(body, (body) => prepared(coming, body, emptyView))

const prepareLong = async (coming: Coming): Promise<Result.Result<PreparedBody, GatewayError>> => {
  const { upload, wish, looks } = coming
  const isChecked = looks && wish.isChecked === true
  const glance = looks && !isChecked ? glanceAt(wish.mustKnow) : undefined
  const body = await wholeBody(upload, wish.limit, glance, isChecked ? wish.limit : undefined)
  return Result.flatMap(body, (body) => prepared(coming, body, glance?.view ?? emptyView))
}

/**
 * Prepares a body that has been read.
 *
 * @param view what was seen of a body that is streamed up
 */
const prepared = (
  { wish: { use, limit }, coding, mustRead }: Coming,
  body: RequestBody,
  view: BodyView,
): Result.Result<PreparedBody, GatewayError> => {
  if (body.kind === "none") return mustRead ? Result.fail(missing()) : Result.succeed(noBody)
  if (body.kind === "bytes") return inspect(body.bytes, use)
  if (mustRead) {
    return Result.fail(bodyTooLarge(Math.min(limit, viewLimit), "the gateway reads on this route"))
  }
  const { stream, length, broken } = body
  return Result.succeed({
    kind: "stream",
    stream,
    length,
    broken,
    view,
    isOpaque: use !== "unread" && !view.model,
    coding,
    provider: undefined,
    received: length,
  })
}

const prepareCoded = async (
  { upload, wish: { use, limit }, mustRead }: Coming,
  coding: string,
): Promise<Result.Result<PreparedBody, GatewayError>> => {
  const read = await wholeBody(upload, limit, undefined, limit)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const body = read.success
  if (body.kind === "stream") {
    await body.stream.pipeTo(new WritableStream()).catch(() => {})
    return Result.fail(bodyTooLarge(limit))
  }
  if (body.kind === "none") return mustRead ? Result.fail(missing()) : Result.succeed(noBody)
  const { bytes } = body
  if (mustRead) {
    const decoded = await readCoded(bytes, coding, Math.min(limit, viewLimit))
    return Result.flatMap(decoded, (decoded) => inspect(decoded, use, bytes.byteLength))
  }
  return Result.map(
    await glanceAtCoded(bytes, coding, limit),
    (view) => bytesBody(bytes, view, isOpaque(view, use), coding, undefined, bytes.byteLength),
  )
}

const bytesBody = (
  bytes: Uint8Array<ArrayBuffer>,
  view: BodyView,
  isOpaque: boolean,
  coding: string | undefined,
  provider: string | undefined,
  received: number,
): PreparedBytes => ({ kind: "bytes", bytes, view, isOpaque, coding, provider, received })

/** A known call always has a model; another may have none, if all of its JSON could be inspected. */
const isOpaque = (view: BodyView, use: BodyUse): boolean =>
  use === "viewed" ? !view.model : use === "json" && view === emptyView

/**
 * Inspects a body that is held, and rewrites it if its use requires that.
 *
 * @param received how many bytes arrived, if the body was decoded
 */
export const inspect = (
  bytes: Uint8Array<ArrayBuffer>,
  use: BodyUse,
  received = bytes.byteLength,
): Result.Result<PreparedBytes, GatewayError> => {
  if (isRewritten(use)) {
    return Result.map(
      rewrites[use](bytes),
      ({ bytes, view, provider }) => bytesBody(bytes, view, false, undefined, provider, received),
    )
  }
  if (use !== "viewed" && use !== "json") {
    return Result.succeed(
      bytesBody(bytes, emptyView, isOpaque(emptyView, use), undefined, undefined, received),
    )
  }
  if (!isUtf8(bytes)) return Result.fail(notUtf8())
  const viewed = viewBody(bytes)
  if (Result.isFailure(viewed)) return Result.fail(viewed.failure)
  const view = viewed.success
  return Result.succeed(bytesBody(bytes, view, isOpaque(view, use), undefined, undefined, received))
}
