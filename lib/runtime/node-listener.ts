/**
 * A `fetch` handler as a listener of `node:http`.
 *
 * @module
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http"
import { errorResponse } from "../errors/error-response.ts"
import { unreadableUrl } from "../errors.ts"
import type { HostContext, RelayedBody, Respond } from "../exchange.ts"
import { readChunks } from "../upstream/body-reader.ts"
import type { Flow, Sink } from "../relay/body-flow.ts"
import { stackFrames } from "../redaction/stack-frames.ts"
import { lingerAfter } from "./node-linger.ts"
import { requestOf } from "./node-request.ts"

/** An answer with a body that is no stream. */
interface RelayedAnswer extends Pick<Response, "status" | "statusText" | "headers"> {
  readonly content: RelayedBody | Uint8Array | null
}

/**
 * Makes an answer that only this listener gets to see: Node's own `Response` makes a stream of every body, which takes a
 * tenth of what a call costs the gateway (Node 20).
 */
const respond: Respond = (content, init) =>
  ({ ...init, content }) satisfies RelayedAnswer as unknown as Response

/** Pours the stream of an ordinary answer. */
const intoFrom = (response: Response) => (sink: Sink): Flow => {
  const reader = readChunks(response)
  return {
    pull: async () => {
      try {
        const { done, value } = await reader?.read() ?? { done: true }
        if (done) sink.close()
        else sink.enqueue(value)
      } catch (cause) {
        sink.error(cause)
      }
    },
    cancel: () => void reader?.cancel().catch(() => {}),
  }
}

const contentOf = (answer: Response | RelayedAnswer): Pick<RelayedBody, "into"> | Uint8Array | null => {
  if ("content" in answer) return answer.content
  return answer.body === null ? null : { into: intoFrom(answer) }
}

/** Pours a body into a response, no faster than its client reads. */
const pour = async (body: Pick<RelayedBody, "into">, response: ServerResponse): Promise<void> => {
  let over = false
  // The headers go ahead only where no bytes come with them: one packet in place of two, for most answers.
  const ahead = setImmediate(() => over || response.flushHeaders())
  const flow = body.into({
    enqueue: (chunk) => {
      clearImmediate(ahead)
      response.write(chunk)
    },
    close: () => {
      over = true
      response.end()
    },
    // The client must see that the answer broke off: no last chunk, no clean end.
    error: () => {
      over = true
      response.destroy()
    },
  })
  let goOn = (): void => {}
  const closed = (): void => {
    over = true
    goOn()
    if (!response.writableFinished) flow.cancel()
  }
  if (response.destroyed) return closed()
  response.on("drain", () => goOn()).on("close", closed)
  while (!over) {
    await flow.pull()
    if (over || !response.writableNeedDrain) continue
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
  }
}

const send = async (answer: Response | RelayedAnswer, response: ServerResponse): Promise<void> => {
  const { status, statusText, headers } = answer
  const content = contentOf(answer)
  if (!response.destroyed) response.writeHead(status, statusText || STATUS_CODES[status], [...headers].flat())
  if (content === null || content instanceof Uint8Array) return void response.end(content)
  await pour(content, response)
}

/** Serves a handler; its context, and its request's signal, tell when the client closes before the answer is out. */
export const nodeListener = (
  handler: (
    request: Request,
    context: Required<Pick<HostContext, "onLeave" | "respond">>,
  ) => Promise<Response>,
) =>
async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const onLeave = (callback: () => void): void => {
    const unlessDone = (): void => void (response.writableFinished || callback())
    if (response.destroyed || message.socket.destroyed) return unlessDone()
    response.once("close", unlessDone)
    if (response.socket !== null) return
    // One of several requests in a row has no socket before its turn, and does not hear that it closes.
    message.socket.once("close", unlessDone)
    response.once("close", () => message.socket.removeListener("close", unlessDone))
  }
  try {
    const request = readable(message, onLeave)
    // A header that no Request can have: nothing of it is routed.
    const answer = request === undefined
      ? errorResponse(unreadableUrl())
      : await handler(request, { onLeave, respond })
    if (!message.complete) lingerAfter(message, response)
    await send(answer, response)
  } catch (cause) {
    // What is thrown here would end the process.
    console.error(JSON.stringify({ level: "error", msg: "internal", at: stackFrames(cause) }))
    response.destroy()
  }
}

const readable = (...given: Parameters<typeof requestOf>): Request | undefined => {
  try {
    return requestOf(...given)
  } catch {
    return undefined
  }
}
