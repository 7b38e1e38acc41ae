/**
 * Reads a request body once, up to a bound.
 *
 * @module
 */
import * as Result from "effect/Result"
import { concatBytes } from "../bytes/concat.ts"
import { bodyTooLarge, type GatewayError } from "../errors.ts"
import { drain, type Glance, type StreamedBody, streamUp } from "./stream-up.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { shortUpload, type Upload } from "./upload.ts"

/** A body that is held whole: it can be inspected, and sent again. */
export interface HeldBody {
  readonly kind: "bytes"
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** What a request carries. */
export type RequestBody = { readonly kind: "none" } | HeldBody | StreamedBody

const noBody: RequestBody = { kind: "none" }

const held = (bytes: Uint8Array<ArrayBuffer>): RequestBody => ({ kind: "bytes", bytes })

/** How much of a body is inspected: all of an 8 MiB one, which is more than Model APIs take with images. */
export const viewLimit = 8_388_608

/** The length that `content-length` declares; the runtime holds the client to it. */
export const declaredLength = (headers: HeaderReader): number | undefined => {
  const value = headers.get("content-length")
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined
}

/**
 * The body to forward unread.
 *
 * @param limit bytes; a declared length is checked before, an undeclared one while it streams
 */
export const streamedBody = (
  upload: Upload,
  limit: number,
): Awaitable<Result.Result<RequestBody, GatewayError>> => {
  const { method, headers } = upload
  const length = declaredLength(headers)
  // The body of a GET has no meaning (RFC 9110 §9.3.1), and workerd provides one that its `fetch` refuses to send.
  if (length === 0 || method === "GET" || method === "HEAD" || !upload.hasBody) return Result.succeed(noBody)
  if (length !== undefined && length > limit) return Result.fail(bodyTooLarge(limit))
  if (length === undefined && headers.get("transfer-encoding") === null) return unframedBody(upload, limit)
  return Result.succeed(streamUp({ upload, open: () => upload.reader(), read: [], looked: 0, limit, length }))
}

/**
 * A body that no header tells of. Deno (2.9) gives one to every request but GET and HEAD, and over HTTP/2 there may be one:
 * what comes first says so.
 */
const unframedBody = async (
  upload: Upload,
  limit: number,
): Promise<Result.Result<RequestBody, GatewayError>> => {
  const reader = upload.reader()
  return Result.map(
    await reader.read(),
    (first) =>
      first === undefined
        ? noBody
        : streamUp({ upload, open: () => reader, read: [first], looked: 0, limit, length: undefined }),
  )
}

/**
 * Reads a body whole if it has at most `most` bytes; a longer one is streamed up as soon as enough of it is known.
 *
 * Fails with `client_left` if the client leaves, `upload_timeout` if it stops sending, and `overloaded` if bodies hold
 * too much.
 *
 * @param limit bytes; a longer body is refused
 */
export const wholeBody = async (
  upload: Upload,
  limit: number,
  glance?: Glance,
  most = viewLimit,
): Promise<Result.Result<RequestBody, GatewayError>> => {
  const length = declaredLength(upload.headers)
  if (length === 0) return Result.succeed(noBody)
  const isLong = length !== undefined && length > most
  if (length !== undefined && (length > limit || isLong && glance === undefined)) {
    return streamedBody(upload, limit)
  }
  if (length !== undefined && !isLong) {
    return length <= shortUpload
      ? await upload.short((bytes) => Result.succeed(held(bytes)))
      : Result.map(await upload.long(), held)
  }
  if (!upload.hasBody) return Result.succeed(noBody)
  const reader = upload.reader()
  const chunks: Array<Uint8Array<ArrayBuffer>> = []
  let looked = 0
  for (let size = 0; size <= limit;) {
    const isBeyond = isLong || size > most
    if (isBeyond) {
      const refused = glance && lookAtAll(glance, chunks.slice(looked))
      looked = chunks.length
      if (refused !== undefined) {
        await drain(reader)
        return Result.fail(refused)
      }
      if (glance === undefined || glance.isEnough()) break
    }
    const part = await reader.read()
    if (Result.isFailure(part)) return Result.fail(part.failure)
    const chunk = part.success
    if (chunk === undefined) {
      if (isBeyond) break
      upload.arrived()
      return Result.succeed(size === 0 ? noBody : held(concatBytes(chunks, size)))
    }
    const refused = upload.take(chunk.byteLength)
    if (refused !== undefined) return Result.fail(refused)
    chunks.push(chunk)
    size += chunk.byteLength
  }
  upload.arrived()
  return Result.succeed(streamUp({ upload, open: () => reader, read: chunks, looked, limit, length, glance }))
}

const lookAtAll = (glance: Glance, chunks: ReadonlyArray<Uint8Array>): GatewayError | undefined => {
  for (const chunk of chunks) {
    const refused = glance.push(chunk)
    if (refused !== undefined) return refused
  }
  return undefined
}
