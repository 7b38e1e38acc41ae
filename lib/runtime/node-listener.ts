/**
 * A `fetch` handler as a listener of `node:http`.
 *
 * @module
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http"
import { errorResponse } from "../error-response.ts"
import { unreadableUrl } from "../errors.ts"
import type { RequestContext, Respond } from "../exchange.ts"
import { requestOf } from "./node-request.ts"

/** An answer whose bytes are there. */
interface WholeAnswer extends Response {
  readonly whole?: Uint8Array
}

/**
 * Makes an answer that only `send` gets to see: Node's own `Response` makes a stream of every body, which takes a
 * tenth of what a call costs the gateway (Node 20).
 */
const respond: Respond = (body, init) =>
  (body instanceof Uint8Array ? { ...init, body: null, whole: body } : { ...init, body }) as WholeAnswer

const send = async (answer: WholeAnswer, response: ServerResponse): Promise<void> => {
  response.writeHead(
    answer.status,
    answer.statusText || STATUS_CODES[answer.status],
    [...answer.headers].flat(),
  )
  if (answer.body === null) return void response.end(answer.whole)
  // A body that says how long it is need not send its headers ahead: one packet in place of two for most answers.
  if (!answer.headers.has("content-length")) response.flushHeaders()
  const reader = answer.body.getReader()
  response.once("close", () => response.writableFinished || void reader.cancel().catch(() => {}))
  let goOn = (): void => {}
  response.on("drain", () => goOn()).on("close", () => goOn())
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return void response.end()
      if (response.write(value)) continue
      await new Promise<void>((resolve) => {
        goOn = resolve
        if (response.destroyed) resolve()
      })
    }
  } catch {
    // The client must see that the answer broke off: no last chunk, no clean end.
    response.destroy()
  }
}

/** Serves a handler; its context, and its request's signal, tell when the client closes before the answer is out. */
export const nodeListener = (
  handler: (
    request: Request,
    context: Required<Pick<RequestContext, "onLeave" | "respond">>,
  ) => Promise<Response>,
) =>
async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const onLeave = (callback: () => void): void => {
    const unlessDone = (): void => void (response.writableFinished || callback())
    if (response.destroyed) unlessDone()
    else response.once("close", unlessDone)
  }
  let request: Request
  try {
    request = requestOf(message, onLeave)
  } catch {
    // A Host or method that no Request can have: nothing of it is routed.
    return await send(errorResponse(unreadableUrl()), response)
  }
  const answer = await handler(request, { onLeave, respond })
  if (response.destroyed) return void answer.body?.cancel().catch(() => {})
  await send(answer, response)
}
