/**
 * A handler of requests as a listener of `node:http`.
 *
 * @module
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http"
import type { HostContext } from "../exchange.ts"
import { stackFrames } from "../redaction/stack-frames.ts"
import type { Answer, RelayedBody } from "../relay/answer.ts"
import type { Sink } from "../relay/body-flow.ts"
import { lingerAfter } from "./node-linger.ts"
import { requestOf } from "./node-request.ts"

/** Writes one body to a response, no faster than its client reads. */
class Pouring implements Sink {
  readonly #response: ServerResponse
  #isOver = false
  #hasWritten = false
  #goOn: (() => void) | undefined = undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }
  async pour(body: Pick<RelayedBody, "into">): Promise<void> {
    const response = this.#response
    // Sends the headers alone only if no bytes come at once: most answers then need one packet instead of two.
    const ahead = setImmediate(() => this.#isOver || this.#hasWritten || response.flushHeaders())
    const flow = body.into(this)
    const closed = (): void => {
      this.#isOver = true
      clearImmediate(ahead)
      this.#goOn?.()
      if (!response.writableFinished) flow.cancel()
    }
    if (response.destroyed) return closed()
    response.on("drain", () => this.#goOn?.()).on("close", closed)
    while (!this.#isOver) {
      await flow.pull()
      if (this.#isOver || !response.writableNeedDrain) continue
      await new Promise<void>((resolve) => {
        this.#goOn = resolve
      })
    }
  }
  enqueue(chunk: Uint8Array): void {
    this.#hasWritten = true
    this.#response.write(chunk)
  }
  close(): void {
    this.#isOver = true
    this.#response.end()
  }
  // Ends without a last chunk, so that the client sees that the answer broke off.
  error(): void {
    this.#isOver = true
    this.#response.destroy()
  }
}

const writeHead = (response: ServerResponse, { status, statusText, headers }: Answer): void =>
  void response.writeHead(status, statusText || STATUS_CODES[status], headers.toRaw())

/** Writes an answer to its end. */
export const writeAnswer = async (response: ServerResponse, answer: Answer): Promise<void> => {
  if (!response.destroyed) writeHead(response, answer)
  const { body } = answer
  if (body === null || body instanceof Uint8Array) response.end(body)
  else await new Pouring(response).pour(body)
}

/** The host context of one request. */
class NodeClient implements HostContext {
  readonly loopback: boolean
  readonly #message: IncomingMessage
  readonly #response: ServerResponse

  constructor(message: IncomingMessage, response: ServerResponse, loopback: boolean) {
    this.loopback = loopback
    this.#message = message
    this.#response = response
  }
  clientAddress(): string | null {
    return this.#message.socket.remoteAddress ?? null
  }
  /** Calls back when the client closes before its answer is out. */
  onLeave(callback: () => void): void {
    const response = this.#response
    const { socket } = this.#message
    if (response.destroyed || socket.destroyed) return this.#unlessDone(callback)
    // Both close only once, and `once` would wrap the listener.
    response.on("close", () => this.#unlessDone(callback))
    if (response.socket === null) this.#onLeaveWaiting(callback)
  }
  /** A pipelined request has no socket before its turn, and so does not see it close. */
  #onLeaveWaiting(callback: () => void): void {
    const { socket } = this.#message
    const closed = (): void => this.#unlessDone(callback)
    socket.once("close", closed)
    this.#response.once("close", () => socket.removeListener("close", closed))
  }
  #unlessDone(callback: () => void): void {
    if (!this.#response.writableFinished) callback()
  }
}

/**
 * Serves a handler. Its context and its request's signal report if the client closes before the answer is out.
 *
 * @param loopback whether the server is bound to a loopback address
 */
export const nodeListener =
  (handler: (request: Request, host: HostContext) => Promise<Answer>, loopback = false) =>
  async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const client = new NodeClient(message, response, loopback)
    try {
      const answer = await handler(requestOf(message, client), client)
      if (!message.complete) lingerAfter(message, response)
      await writeAnswer(response, answer)
    } catch (cause) {
      // An error thrown here would end the process.
      console.error(JSON.stringify({ level: "error", msg: "internal", at: stackFrames(cause) }))
      response.destroy()
    }
  }
