/**
 * Reads a request body once, up to a bound.
 *
 * @module
 */
import { bodyTooLarge, type GatewayError } from "../errors.ts"

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
 * @param onTooLarge called once when an undeclared body passes the limit; the stream then fails
 */
export const streamedBody = (
  request: Request,
  limit: number,
  onTooLarge: (error: GatewayError) => void,
): RequestBody | GatewayError => {
  const { body } = request
  if (body === null) return { kind: "none" }
  const length = declaredLength(request.headers)
  if (length === 0) return { kind: "none" }
  if (length !== undefined) {
    return length > limit ? bodyTooLarge(limit) : { kind: "streamed", stream: body, length }
  }
  return { kind: "streamed", stream: bounded(body.getReader(), [], limit, onTooLarge), length }
}

/**
 * Reads a body whole if it has at most `viewLimit` bytes; a longer one is handed on unread.
 *
 * Rejects where the client stops sending.
 */
export const wholeBody = async (
  request: Request,
  limit: number,
  onTooLarge: (error: GatewayError) => void,
): Promise<RequestBody | GatewayError> => {
  const length = declaredLength(request.headers)
  if (request.body === null || length === 0) return { kind: "none" }
  if (length !== undefined && (length > limit || length > viewLimit)) {
    return streamedBody(request, limit, onTooLarge)
  }
  if (length !== undefined) return { kind: "whole", bytes: new Uint8Array(await request.arrayBuffer()) }
  const reader = request.body.getReader()
  const chunks: Array<Uint8Array<ArrayBuffer>> = []
  let size = 0
  while (size <= viewLimit) {
    const { done, value } = await reader.read()
    if (done) return size > limit ? bodyTooLarge(limit) : { kind: "whole", bytes: joined(chunks, size) }
    chunks.push(value)
    size += value.byteLength
  }
  return { kind: "streamed", stream: bounded(reader, chunks, limit, onTooLarge), length: undefined }
}

const joined = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

/** What was read already, then the rest as it comes, held to the limit. */
const bounded = (
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  read: Array<Uint8Array<ArrayBuffer>>,
  limit: number,
  onTooLarge: (error: GatewayError) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let size = 0
  return new ReadableStream({
    async pull(controller) {
      const first = read.shift()
      const { done, value } = first === undefined ? await reader.read() : { done: false, value: first }
      if (done || value === undefined) return controller.close()
      size += value.byteLength
      if (size <= limit) return controller.enqueue(value)
      const error = bodyTooLarge(limit)
      onTooLarge(error)
      controller.error(error)
      await reader.cancel(error).catch(() => {})
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 })
}
