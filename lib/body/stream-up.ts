/**
 * A request body that is streamed up as it arrives, and inspected as it passes.
 *
 * @module
 */
import * as Result from "effect/Result"
import { bodyTooLarge, type GatewayError } from "../errors.ts"
import type { Upload, UploadReader } from "./upload.ts"

/** A body that is streamed up as it arrives. */
export interface StreamedBody {
  readonly kind: "stream"
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Its length in bytes, if the client declared it. */
  readonly length: number | undefined
  /**
   * Aborts before the stream fails; its reason is a `GatewayError`: `body_too_large`, `upload_timeout` or `client_left`. A
   * failed stream alone is not enough: workerd (2026-10) then ends the chunked upload as if it were whole.
   */
  readonly broken: AbortSignal
}

/** Inspects a body that is too long to be held, as it passes. */
export interface Glance {
  /** Takes the next bytes; returns the error if the body is refused. */
  readonly push: (chunk: Uint8Array) => GatewayError | undefined
  /** Whether enough is known to make the call; the rest is inspected while it is streamed up. */
  readonly isEnough: () => boolean
}

/** How many bytes beyond the limit are read, and dropped, before the refusal. */
const drained = 67_108_864

/**
 * Reads on, so that the client has finished sending before it is refused: many clients read an answer only then, and
 * Bun (1.4) never serves another request on a connection that it stopped reading within a chunked body.
 */
export const drain = async (reader: UploadReader): Promise<void> => {
  for (let size = 0; size < drained;) {
    const part = await reader.read()
    if (Result.isFailure(part) || part.success === undefined) return
    size += part.success.byteLength
  }
  await reader.cancel()
}

/** The same for a body of which only the beginning was inspected before its call was refused. */
export const drainUnread = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> => {
  if (stream.locked) return
  const reader = stream.getReader()
  await drain({
    read: () =>
      reader.read().then(
        ({ value }) => Result.succeed(value),
        // The client has left.
        () => Result.succeed(undefined),
      ),
    cancel: (reason) => reader.cancel(reason),
  })
}

/** A body to be streamed up. */
export interface StreamUpInput {
  readonly upload: Upload
  /** Opens the rest. Called on demand: a host can still drain a body that nobody has begun to read. */
  readonly open: () => UploadReader
  /** What was read already. */
  readonly read: Array<Uint8Array<ArrayBuffer>>
  /** How many of those chunks were inspected. */
  readonly looked: number
  /** In bytes. */
  readonly limit: number
  readonly length: number | undefined
  readonly glance?: Glance | undefined
}

/** What was read already, then the rest as it arrives, held to the limit. */
export const streamUp = (
  { upload, open, read, looked, limit, length, glance }: StreamUpInput,
): StreamedBody => {
  const broken = new AbortController()
  let size = 0
  let unseen = -looked
  let reader: UploadReader | undefined
  let cancelled = false
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const fail = (error: GatewayError): void => {
        upload.release()
        broken.abort(error)
        controller.error(error)
      }
      let chunk = read.shift()
      if (chunk === undefined) {
        const part = await (reader ??= open()).read()
        // Deno (2.9) cancels the body of a failed request first, and reports the failure afterwards.
        if (cancelled) return
        if (Result.isFailure(part)) return fail(part.failure)
        if (part.success === undefined) {
          upload.release()
          return controller.close()
        }
        chunk = part.success
      }
      size += chunk.byteLength
      const refused = size > limit ? bodyTooLarge(limit) : unseen++ < 0 ? undefined : glance?.push(chunk)
      if (refused === undefined) return controller.enqueue(chunk)
      await drain(reader ??= open())
      fail(refused)
    },
    cancel: (reason) => {
      cancelled = true
      return (reader ??= open()).cancel(reason)
    },
  }, { highWaterMark: 0 })
  return { kind: "stream", stream, length, broken: broken.signal }
}
