/**
 * Universal requests over a WebSocket (Cloudflare's non-realtime API): several at once on one socket, each through the
 * same pipeline as a POST.
 *
 * @module
 */
import type { HostContext } from "../exchange.ts"
import type { Gateway } from "../gateway.ts"
import { failedMessage, idOf, requestIn, requestsStream, type SocketRequest } from "./socket-frames.ts"
import { makeOutlet, type Socket } from "./socket-outlet.ts"
import { makeTurns, sendAnswer } from "./answer-messages.ts"

/** What a runtime reports about a socket. */
export interface SocketConversation {
  readonly message: (data: unknown) => void
  /** Must be called when the client has read, if the runtime reports that. */
  readonly drained: () => void
  readonly closed: () => void
  /** Accepts no more requests; the socket closes when the running ones have been answered. */
  readonly end: () => void
}

/**
 * The most requests at once on one socket, and the most bytes that they may hold together; a single request is always
 * accepted.
 */
const maxRequests = 100
const maxHeld = 134_217_728

/** The most refusals that may be queued for a client. */
const maxRefusals = 100

/** Starts to answer the requests that come over a socket. */
export const converse = (
  gateway: Pick<Gateway, "fetch" | "onStop">,
  { url, headers: shown }: Request,
  context: HostContext,
  socket: Socket,
): SocketConversation => {
  const outlet = makeOutlet(socket)
  const turn = makeTurns()
  const running = new Set<AbortController>()
  let held = 0
  let refusals = 0
  let ending = false

  const closed = (): void => {
    forget()
    outlet.closed()
    for (const controller of running) controller.abort()
  }
  const close = (code: number, reason: string): void => {
    closed()
    socket.close(code, reason)
  }
  const closeIfDone = (): void => {
    // Going away (RFC 6455 §7.4.1): the client should reconnect.
    if (ending && running.size === 0) close(1001, "The gateway is stopping")
  }

  const end = (): void => {
    ending = true
    closeIfDone()
  }
  let forget = (): void => {}
  forget = gateway.onStop(end)

  const refuse = async (eventId: SocketRequest["eventId"], why: string): Promise<void> => {
    if (++refusals > maxRefusals) return close(1008, "The client does not read")
    await outlet.send(failedMessage(idOf(eventId), why))
    refusals--
  }
  const answer = async ({ body, eventId }: SocketRequest): Promise<void> => {
    const controller = new AbortController()
    running.add(controller)
    held += body.byteLength
    const headers = new Headers(shown)
    headers.set("content-type", "application/json")
    const id = eventId === undefined ? "" : String(JSON.parse(eventId))
    // The id is also in records, if a header can hold it.
    if (/^[\x21-\x7e]{1,256}$/.test(id)) headers.set("cf-aig-event-id", id)
    const request = new Request(url, { method: "POST", headers, signal: controller.signal })
    const response = await gateway.fetch(request, { ...context, body })
    await sendAnswer(response, eventId, requestsStream(body), outlet, turn)
    running.delete(controller)
    held -= body.byteLength
    closeIfDone()
  }

  const whyNot = (size: number): string | undefined => {
    if (ending) return "The gateway is stopping and takes no new requests. Connect again in a moment."
    if (running.size >= maxRequests) {
      return `More than ${maxRequests} requests at once. Wait for some to end.`
    }
    return running.size > 0 && held + size > maxHeld
      ? `The requests at once are larger than ${maxHeld} bytes. Wait for some to end.`
      : undefined
  }

  return {
    message: (data) => {
      const read = requestIn(data)
      if (typeof read === "string") return void refuse(undefined, read)
      const why = whyNot(read.body.byteLength)
      if (why === undefined) void answer(read)
      else void refuse(read.eventId, why)
    },
    drained: outlet.drained,
    closed,
    end,
  }
}
