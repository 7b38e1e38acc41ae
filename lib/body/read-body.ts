/**
 * Reads a request body once, up to a bound.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { bodyTooLarge, clientLeft, GatewayError } from "../errors.ts"
import type { Upload, UploadReader } from "./upload.ts"

/** A body that is held whole: it can be looked at, and sent again. */
export interface WholeBody {
  readonly kind: "whole"
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A body that is handed on as it comes. */
export interface StreamedBody {
  readonly kind: "streamed"
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Its length in bytes, where the client declared it. */
  readonly length: number | undefined
  /**
   * Aborts before the stream fails; its reason is a `GatewayError`: `body_too_large`, `upload_timeout` or `client_left`. A failed
   * stream alone does not do: workerd (2026-10) then ends the chunked upload as if it were whole.
   */
  readonly broken: AbortSignal
}

/** Looks at a body that is too long to be held, as it passes. */
export interface Glance {
  /** Takes the next bytes; gives why the body is refused, if it is. */
  readonly push: (chunk: Uint8Array) => GatewayError | undefined
  /** Whether enough is known for the call to be made; the rest is looked at while it is handed on. */
  readonly isEnough: () => boolean
}

/** What a request carries. */
export type RequestBody = { readonly kind: "none" } | WholeBody | StreamedBody

/** How much of a body the gateway looks at: all of an 8 MiB one, which is more than Model APIs take with images. */
export const viewLimit = 8_388_608

/** The length that `content-length` declares; the runtime holds the client to it. */
export const declaredLength = (headers: Headers): number | undefined => {
  const value = headers.get("content-length")
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined
}

/**
 * The body to forward unread.
 *
 * @param limit bytes; a declared length is checked before, an undeclared one while it streams
 */
export const streamedBody = (upload: Upload, limit: number): RequestBody | GatewayError => {
  const { method } = upload
  const length = declaredLength(upload.headers)
  // What a GET carries means nothing (RFC 9110 §9.3.1), and workerd hands over a body that its `fetch` refuses to send.
  if (length === 0 || method === "GET" || method === "HEAD" || !upload.hasBody) return { kind: "none" }
  if (length !== undefined && length > limit) return bodyTooLarge(limit)
  return handedOn(upload, () => upload.reader(), [], limit, length)
}

/**
 * Reads a body whole if it has at most `most` bytes; a longer one is handed on as it comes, from when enough of it is
 * known.
 *
 * Gives `client_left` where the client leaves, `upload_timeout` where it stops sending, and `overloaded` where bodies hold
 * too much.
 *
 * @param limit bytes; a longer body is refused
 */
export const wholeBody = async (
  upload: Upload,
  limit: number,
  glance?: Glance,
  most = viewLimit,
): Promise<RequestBody | GatewayError> => {
  const length = declaredLength(upload.headers)
  if (length === 0) return { kind: "none" }
  const isLong = length !== undefined && length > most
  if (length !== undefined && (length > limit || isLong && glance === undefined)) {
    return streamedBody(upload, limit)
  }
  try {
    // Looking at `body` alone makes a stream of it, through which Bun (1.4) then reads.
    if (length !== undefined && !isLong) {
      return { kind: "whole", bytes: await upload.whole(length) }
    }
    if (!upload.hasBody) return { kind: "none" }
    const reader = upload.reader()
    const chunks: Array<Uint8Array<ArrayBuffer>> = []
    let looked = 0
    for (let size = 0; size <= limit;) {
      if (isLong || size > most) {
        const refused = glance && lookAtAll(glance, chunks.slice(looked))
        looked = chunks.length
        if (refused !== undefined) {
          await drain(reader)
          return refused
        }
        if (glance === undefined || glance.isEnough()) break
      }
      const { done, value } = await reader.read()
      if (done && (isLong || size > most)) break
      if (done) {
        upload.arrived()
        return { kind: "whole", bytes: concatBytes(chunks, size) }
      }
      upload.take(value.byteLength)
      chunks.push(value)
      size += value.byteLength
    }
    upload.arrived()
    return handedOn(upload, () => reader, chunks, limit, length, glance, looked)
  } catch (cause) {
    return whyBroken(cause)
  }
}

const lookAtAll = (glance: Glance, chunks: ReadonlyArray<Uint8Array>): GatewayError | undefined => {
  for (const chunk of chunks) {
    const refused = glance.push(chunk)
    if (refused !== undefined) return refused
  }
  return undefined
}

/** Why a body cannot be read to its end. */
const whyBroken = (cause: unknown): GatewayError => cause instanceof GatewayError ? cause : clientLeft()

/** How many bytes too many are read, and dropped, before the refusal. */
const drained = 67_108_864

/**
 * Reads on, so that the client is done sending when it is told: many clients look at an answer only then, and Bun
 * (1.4) never serves another request on a connection that it stopped reading within a chunked body.
 */
const drain = async (reader: UploadReader): Promise<void> => {
  try {
    for (let size = 0; size < drained;) {
      const { done, value } = await reader.read()
      if (done) return
      size += value.byteLength
    }
    await reader.cancel()
  } catch {
    // The client has left.
  }
}

/** The same for a body whose beginning alone was looked at before its call was refused. */
export const drainUnread = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> => {
  if (!stream.locked) await drain(stream.getReader() as UploadReader)
}

/** What was read already, of which some chunks were looked at, then the rest as it comes, held to the limit. */
const handedOn = (
  upload: Upload,
  open: () => UploadReader,
  read: Array<Uint8Array<ArrayBuffer>>,
  limit: number,
  length: number | undefined,
  glance?: Glance,
  looked = 0,
): StreamedBody => {
  const broken = new AbortController()
  let size = 0
  let unseen = -looked
  // Opened when it is asked for: what nobody has begun to read, a host can still read out.
  let reader: UploadReader | undefined
  let cancelled = false
  const next = async () => {
    const value = read.shift()
    return value === undefined ? await (reader ??= open()).read() : { done: false, value } as const
  }
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const fail = (error: GatewayError): void => {
        upload.release()
        broken.abort(error)
        controller.error(error)
      }
      let refused: GatewayError | undefined
      try {
        const { done, value } = await next()
        // Deno (2.9) says first that a failed request reads no more, and then that it failed.
        if (cancelled) return
        if (done) {
          upload.release()
          return controller.close()
        }
        size += value.byteLength
        refused = size > limit ? bodyTooLarge(limit) : unseen++ < 0 ? undefined : glance?.push(value)
        if (refused === undefined) return controller.enqueue(value)
      } catch (cause) {
        return cancelled ? undefined : fail(whyBroken(cause))
      }
      await drain(reader ??= open())
      fail(refused)
    },
    cancel: (reason) => {
      cancelled = true
      return (reader ??= open()).cancel(reason)
    },
  }, { highWaterMark: 0 })
  return { kind: "streamed", stream, length, broken: broken.signal }
}
