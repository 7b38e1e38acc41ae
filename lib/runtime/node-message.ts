/**
 * A message of `node:http`, a request's or a response's, in the terms of `fetch`.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"
import type { ChunkRead, ChunkReader } from "../upstream/body-reader.ts"

/** Its headers, with several values of one name (`set-cookie`) kept apart. */
export const headersOf = (message: IncomingMessage): Headers => {
  const headers = new Headers()
  const { rawHeaders } = message
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "")
  }
  return headers
}

interface Waiting {
  readonly resolve: (read: ChunkRead<Uint8Array<ArrayBuffer>>) => void
  readonly reject: (cause: Error) => void
}

/**
 * Reads its body: from the socket only as it is asked for, and failing where the message is not whole.
 *
 * @param onCancel what becomes of the rest that nobody wants
 */
export const readerOf = (message: IncomingMessage, onCancel: () => void): MessageReader => {
  let waiting: Waiting | undefined
  let over = false
  let failure: Error | undefined
  const end = (cause?: Error): void => {
    if (over) return
    over = true
    failure = cause
    if (cause === undefined) waiting?.resolve({ done: true })
    else waiting?.reject(cause)
    waiting = undefined
  }
  const broken = (): Error => new Error("The connection closed within the body")
  message.pause()
  message.on("data", (value: Uint8Array<ArrayBuffer>) => {
    // What nobody reads any more drains away, so that the connection can be used again.
    if (over) return
    message.pause()
    waiting?.resolve({ done: false, value })
    waiting = undefined
  })
  message.on("end", () => end(message.complete ? undefined : broken()))
  message.on("error", end)
  message.on("close", () => over || end(broken()))
  return {
    read: () =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        if (over) return resolve({ done: true })
        waiting = { resolve, reject }
        if (message.readableLength > 0) message.read()
        else message.resume()
      }),
    cancel: () => {
      end()
      onCancel()
      return Promise.resolve()
    },
  }
}

/** A reader of the bytes of a message. */
export interface MessageReader extends ChunkReader {
  readonly read: () => Promise<ChunkRead<Uint8Array<ArrayBuffer>>>
}

/** What a reader reads, as a stream. */
export const streamFrom = ({ read, cancel }: MessageReader): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void await cancel(),
  }, { highWaterMark: 0 })
