/**
 * Universal requests over a WebSocket (Cloudflare's non-realtime API): several at once on one socket, each through the
 * same pipeline as a POST.
 *
 * @module
 */
import { eventData } from "../event-data.ts"
import type { RequestContext } from "../exchange.ts"
import { isEventStream } from "../framing.ts"
import type { Gateway } from "../gateway.ts"
import { parseBytes, topLevelMembers } from "../request/json-members.ts"

/** As much of a socket as is used here. */
export interface Socket {
  readonly send: (text: string) => unknown
  readonly close: (code: number, reason: string) => unknown
  /** Bytes that the client has not taken yet, where the runtime knows. */
  readonly bufferedAmount?: number
}

/** What a runtime tells of a socket. */
export interface Conversation {
  readonly message: (data: unknown) => void
  readonly closed: () => void
}

/** A handshake that the gateway has accepted. */
export interface Handshake {
  readonly request: Request
  /** The subprotocol to confirm: browsers insist that one of theirs is. */
  readonly protocol: string | undefined
}

/** The most requests at once on one socket, and the most bytes that may wait for a client. */
const maxRequests = 100
const maxBuffered = 16_777_216

const isHandshake = (request: Request): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
  /^https?:\/\/[^/]+\/v1\/[\w-]+\/[\w-]+\/?(?:\?|$)/.test(request.url)

/** Browsers cannot set headers: they offer `<header>.<value>` as a subprotocol. */
const offered = /^(cf-aig-authorization|authorization)\.(\S+)$/

/**
 * Serves a request that may be a handshake.
 *
 * @param upgrade makes a socket of it, once the gateway has let the caller in
 */
export const serveWithSockets = <Answer>(
  gateway: Gateway,
  request: Request,
  context: RequestContext,
  upgrade: (handshake: Handshake) => Answer,
): Promise<Answer | Response> =>
  isHandshake(request) ? accept(gateway, request, context, upgrade) : gateway.fetch(request, context)

const accept = async <Answer>(
  gateway: Gateway,
  request: Request,
  context: RequestContext,
  upgrade: (handshake: Handshake) => Answer,
): Promise<Answer | Response> => {
  const headers = new Headers(request.headers)
  const protocols = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim())
  for (const protocol of protocols) {
    const [, name, value] = offered.exec(protocol) ?? []
    if (name !== undefined && value !== undefined) headers.set(name, `Bearer ${value}`)
  }
  for (const name of [...headers.keys()]) if (name.startsWith("sec-websocket-")) headers.delete(name)
  const handshake = new Request(request.url, { headers })
  const answer = await gateway.fetch(handshake, { ...context, canUpgrade: true })
  if (answer.status !== 204) return answer
  const protocol = protocols.find((name) => name !== "" && !offered.test(name)) ?? (protocols[0] || undefined)
  return upgrade({ request: handshake, protocol })
}

/** Starts to answer what comes in over a socket. */
export const converse = (
  gateway: Gateway,
  { url, headers: shown }: Request,
  context: RequestContext,
  socket: Socket,
): Conversation => {
  const running = new Set<AbortController>()
  const end = (): void => {
    for (const controller of running) controller.abort()
  }
  const send = (frame: object): void => {
    socket.send(JSON.stringify(frame))
    if ((socket.bufferedAmount ?? 0) <= maxBuffered) return
    end()
    socket.close(1008, "The client does not read")
  }

  const answer = async ({ body, eventId }: Asked): Promise<void> => {
    const controller = new AbortController()
    running.add(controller)
    const headers = new Headers(shown)
    headers.set("content-type", "application/json")
    const id = String(eventId ?? "")
    // In records as well, if it is what a header can hold.
    if (/^[\x21-\x7e]{1,256}$/.test(id)) headers.set("cf-aig-event-id", id)
    try {
      const request = new Request(url, { method: "POST", headers, body, signal: controller.signal })
      await tell(await gateway.fetch(request, context), eventId, send)
    } catch {
      // The socket is gone, or the answer broke off, which its events have told.
      if (!controller.signal.aborted) send(failure(eventId, "The answer is not complete."))
    } finally {
      running.delete(controller)
    }
  }

  return {
    message: (data) => {
      const read = requestIn(data)
      if (typeof read === "string") send(failure(undefined, read))
      else if (running.size < maxRequests) void answer(read)
      else send(failure(read.eventId, `More than ${maxRequests} requests at once. Wait for some to end.`))
    },
    closed: end,
  }
}

const failure = (eventId: Asked["eventId"], message: string) => ({
  type: "universal.error",
  metadata: { eventId },
  error: { message },
})

interface Asked {
  /** The request in its own bytes. */
  readonly body: Uint8Array<ArrayBuffer>
  /** By which the client tells answers apart; it goes back as it came. */
  readonly eventId: string | number | undefined
}

/** The request in a message, or what is wrong with the message. */
const requestIn = (data: unknown): Asked | string => {
  if (typeof data !== "string") return "Send messages as text."
  const bytes = new TextEncoder().encode(data)
  const valueOf = (of: Uint8Array<ArrayBuffer>, key: string): Uint8Array<ArrayBuffer> | undefined => {
    const member = topLevelMembers(of)?.find((member) => member.key === key)
    return member && of.subarray(member.start, member.end)
  }
  const type = valueOf(bytes, "type")
  const body = valueOf(bytes, "request")
  if (type === undefined || parseBytes(type) !== "universal.create" || body === undefined) {
    return 'Send {"type":"universal.create","request":{"eventId":…,"provider":…,"endpoint":…,"headers":…,"query":…}}.'
  }
  const given = valueOf(body, "eventId")
  const eventId = given && parseBytes(given)
  return { body, eventId: typeof eventId === "string" || typeof eventId === "number" ? eventId : undefined }
}

/** Cloudflare's frames: one with the whole answer; or a first one, one for each event, and a last one. */
const tell = async (
  response: Response,
  given: Asked["eventId"],
  send: (frame: object) => void,
): Promise<void> => {
  const { headers, status } = response
  const contentType = headers.get("content-type") ?? ""
  const eventId = given ?? headers.get("cf-aig-event-id")
  const metadata = {
    cacheStatus: headers.get("cf-aig-cache-status"),
    eventId,
    logId: headers.get("cf-aig-log-id"),
    step: headers.get("cf-aig-step") ?? "0",
    contentType,
    status,
  }
  if (!isEventStream(headers) || response.body === null) {
    const text = await response.text()
    return send({ type: "universal.created", metadata, response: parsed(text) })
  }
  send({ type: "universal.created", metadata })
  for await (const data of eventData(response.body)) {
    if (data !== "[DONE]") send({ type: "universal.stream", metadata: { eventId }, response: parsed(data) })
  }
  send({ type: "universal.done", metadata })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
