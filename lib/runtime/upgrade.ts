/**
 * WebSockets on Bun and Deno, where a `fetch` handler can upgrade a request. Node's cannot.
 *
 * @module
 */
import type { HostContext } from "../exchange.ts"
import type { Gateway } from "../gateway.ts"
import type { Handshake } from "./handshake.ts"
import { type Conversation, converse } from "./websocket.ts"

/** The part of Bun's server that is used here; it is lent to `fetch` as its second argument. */
export interface BunServer {
  readonly upgrade?: (
    request: Request,
    options: { readonly data: BunData; readonly headers: Record<string, string> },
  ) => boolean
  readonly stop?: () => unknown
  /** Puts other options in force, also for what is open. */
  readonly reload?: (options: object) => unknown
  /** How many seconds a request's connection may be idle from now on, until its next request. */
  readonly timeout?: (request: Request, seconds: number) => void
}

/** What a socket keeps from its handshake. */
export interface BunData {
  readonly start: (socket: BunSocket) => Conversation
  conversation?: Conversation
}

/** The part of Bun's socket that is used here. */
export interface BunSocket {
  readonly data: BunData
  readonly send: (text: string) => unknown
  readonly close: (code: number, reason: string) => void
  readonly getBufferedAmount: () => number
}

/** Bun's handlers of all sockets of a server. */
export const bunWebSocket = {
  open: (socket: BunSocket): void => {
    socket.data.conversation = socket.data.start(socket)
  },
  message: ({ data }: BunSocket, message: unknown): void => data.conversation?.message(message),
  drain: ({ data }: BunSocket): void => data.conversation?.drained(),
  close: ({ data }: BunSocket): void => data.conversation?.closed(),
}

const { Deno } = globalThis as {
  readonly Deno?: {
    readonly upgradeWebSocket: (
      request: Request,
      options: { readonly protocol?: string },
    ) => { readonly socket: WebSocket; readonly response: Response }
  }
}

/** Upgrades an accepted handshake to a socket. Bun expects no response then. */
export type Upgrade = (handshake: Handshake) => Response | undefined

/** How this host upgrades a request to a socket; `undefined` if it cannot. */
export const upgradeOf = (
  gateway: Pick<Gateway, "fetch" | "onStop">,
  request: Request,
  context: HostContext,
  server: BunServer | undefined,
): Upgrade | undefined => {
  if (Deno !== undefined) {
    return ({ request: handshake, protocol }) => {
      const { socket, response } = Deno.upgradeWebSocket(request, protocol === undefined ? {} : { protocol })
      const conversation = converse(gateway, handshake, context, {
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason),
        buffered: () => socket.bufferedAmount,
      })
      socket.onmessage = ({ data }) => conversation.message(data)
      socket.onclose = socket.onerror = conversation.closed
      return response
    }
  }
  if (typeof server?.upgrade !== "function") return undefined
  return ({ request: handshake, protocol }) => {
    const start = (socket: BunSocket): Conversation =>
      converse(gateway, handshake, context, {
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason),
        buffered: () => socket.getBufferedAmount(),
      })
    const headers = protocol === undefined ? {} : { "sec-websocket-protocol": protocol }
    const upgraded = server.upgrade?.(request, { data: { start }, headers })
    return upgraded === true ? undefined : new Response("The handshake is not complete", { status: 400 })
  }
}
