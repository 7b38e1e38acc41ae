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

/** Pours one body into a response, no faster than its client reads. */
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
    // The headers go ahead only if no bytes come with them: one packet in place of two, for most answers.
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
  // The client must see that the answer broke off: no last chunk, no clean end.
  error(): void {
    this.#isOver = true
    this.#response.destroy()
  }
}

const send = async (
  { status, statusText, headers, body }: Answer,
  response: ServerResponse,
): Promise<void> => {
  if (!response.destroyed) response.writeHead(status, statusText || STATUS_CODES[status], headers.toRaw())
  if (body === null || body instanceof Uint8Array) response.end(body)
  else await new Pouring(response).pour(body)
}

/** Calls back when the client closes before its answer is out. */
const onLeaveOf = (message: IncomingMessage, response: ServerResponse) => (callback: () => void): void => {
  const unlessDone = (): void => void (response.writableFinished || callback())
  if (response.destroyed || message.socket.destroyed) return unlessDone()
  response.once("close", unlessDone)
  if (response.socket !== null) return
  // A pipelined request has no socket before its turn, and does not hear that it closes.
  message.socket.once("close", unlessDone)
  response.once("close", () => message.socket.removeListener("close", unlessDone))
}

/** Serves a handler; its context, and its request's signal, tell when the client closes before the answer is out. */
export const nodeListener = (
  handler: (request: Request, host: Required<Pick<HostContext, "onLeave">>) => Promise<Answer>,
) =>
async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const onLeave = onLeaveOf(message, response)
  try {
    const answer = await handler(requestOf(message, onLeave), { onLeave })
    if (!message.complete) lingerAfter(message, response)
    await send(answer, response)
  } catch (cause) {
    // What is thrown here would end the process.
    console.error(JSON.stringify({ level: "error", msg: "internal", at: stackFrames(cause) }))
    response.destroy()
  }
}
