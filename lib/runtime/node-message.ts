/**
 * The body of a message of `node:http`, a request's or a response's.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"
import type { ChunkRead, ChunkReader } from "../upstream/body-reader.ts"

type Bytes = Uint8Array<ArrayBuffer>

/** A reader of the bytes of a message. */
export interface NodeBodyReader extends ChunkReader {
  readonly read: () => Promise<ChunkRead<Bytes>>
}

const broken = (): Error => new Error("The connection closed within the body")

const end: ChunkRead<Bytes> = { done: true }

/**
 * Reads the body of a message from the socket, only on demand. Fails if the message is incomplete.
 *
 * @param onCancel handles the unread rest
 */
export const readerOf = (message: IncomingMessage, onCancel: () => void): NodeBodyReader =>
  new Reader(message, onCancel).listening()

/** A class, since each message has one: its shape is fixed, its methods are shared. */
class Reader implements NodeBodyReader {
  readonly #message: IncomingMessage
  readonly #onCancel: () => void
  #resolve: ((read: ChunkRead<Bytes>) => void) | undefined = undefined
  #reject: ((cause: Error) => void) | undefined = undefined
  #isOver = false
  #failure: Error | undefined = undefined

  constructor(message: IncomingMessage, onCancel: () => void) {
    this.#message = message
    this.#onCancel = onCancel
  }
  listening(): this {
    const message = this.#message
    message.pause()
    message.on("data", (value: Bytes) => this.#took(value))
    message.on("end", () => this.#end(message.complete ? undefined : broken()))
    message.on("error", (cause) => this.#end(cause))
    message.on("close", () => this.#isOver || this.#end(broken()))
    return this
  }
  read(): Promise<ChunkRead<Bytes>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      if (this.#isOver) return resolve(end)
      this.#resolve = resolve
      this.#reject = reject
      if (this.#message.readableLength > 0) this.#message.read()
      else this.#message.resume()
    })
  }
  cancel(): Promise<void> {
    this.#end(undefined)
    this.#onCancel()
    return Promise.resolve()
  }
  #took(value: Bytes): void {
    // The unread rest is drained, so that the connection can be reused.
    if (this.#isOver) return
    this.#message.pause()
    const resolve = this.#resolve
    this.#resolve = this.#reject = undefined
    resolve?.({ done: false, value })
  }
  #end(cause: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = cause
    if (cause === undefined) this.#resolve?.(end)
    else this.#reject?.(cause)
    this.#resolve = this.#reject = undefined
  }
}

/** A reader as a stream. */
export const streamFrom = (reader: NodeBodyReader): ReadableStream<Bytes> =>
  new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void await reader.cancel(),
  }, { highWaterMark: 0 })
