/**
 * WebSockets on Bun and Deno, where a `fetch` handler can upgrade a request.
 *
 * @module
 */
import type { HostContext } from "../exchange.ts"
import { closeCodes, isSendable } from "../websocket/close-codes.ts"
import type { SocketMessage } from "../websocket/message-reader.ts"
import type { OpenSocket, SocketEnd, SocketListener } from "../websocket/open-socket.ts"
import type { Handshake, SocketGateway } from "./handshake.ts"
import { serveSocket } from "./serve-socket.ts"

/** The part of Bun's server that is used here; Bun passes it to `fetch` as the second argument. */
export interface BunServer {
  readonly upgrade?: (
    request: Request,
    options: { readonly data: BunData; readonly headers: Record<string, string> },
  ) => boolean
  readonly stop?: () => unknown
  /** Changes the options, also for open sockets. */
  readonly reload?: (options: object) => unknown
  /** Sets how many seconds a request's connection may be idle from now on, until its next request. */
  readonly timeout?: (request: Request, seconds: number) => void
}

/** What a socket keeps from its handshake. */
export interface BunData {
  readonly start: (socket: OpenSocket) => void
  listener?: SocketListener
}

/** The part of Bun's socket that is used here. */
export interface BunSocket {
  readonly data: BunData
  readonly send: (message: SocketMessage) => unknown
  readonly close: (code?: number, reason?: string) => void
  readonly terminate: () => void
  readonly getBufferedAmount: () => number
}

/** Bun's socket in the gateway's form. Bun always reads. */
const openBun = (socket: BunSocket): OpenSocket => ({
  listen: (listener): SocketEnd => {
    socket.data.listener = listener
    return {
      send: (message) => void socket.send(message),
      close: ({ code, reason }) => isSendable(code) ? socket.close(code, reason) : socket.close(),
      buffered: () => socket.getBufferedAmount(),
    }
  },
  discard: () => socket.terminate(),
})

/** Bun's handlers of all sockets of a server. */
export const bunWebSocket = {
  open: (socket: BunSocket): void => socket.data.start(openBun(socket)),
  message: ({ data }: BunSocket, message: SocketMessage): void => data.listener?.message(message),
  ping: ({ data }: BunSocket): void => data.listener?.alive(),
  pong: ({ data }: BunSocket): void => data.listener?.alive(),
  drain: ({ data }: BunSocket): void => data.listener?.drained(),
  close: ({ data }: BunSocket, code: number, reason: string): void => data.listener?.closed({ code, reason }),
}

const { Deno } = globalThis as {
  readonly Deno?: {
    readonly upgradeWebSocket: (
      request: Request,
      options: { readonly protocol?: string },
    ) => { readonly socket: WebSocket; readonly response: Response }
  }
}

/** Deno (2.9) finds a subprotocol in the list only after a comma and a space. */
const withSpacedNames = (request: Request): Request => {
  const names = request.headers.get("sec-websocket-protocol")
  if (names === null || !/,\S/.test(names)) return request
  const headers = new Headers([...request.headers])
  headers.set("sec-websocket-protocol", names.split(/\s*,\s*/).join(", "))
  return new Request(request, { headers })
}

/** Deno's socket in the gateway's form. It always reads, and can be used once it is open. */
const openDeno = (socket: WebSocket): OpenSocket => {
  const whenOpen = (run: () => void): void => {
    if (socket.readyState === WebSocket.CONNECTING) socket.addEventListener("open", run, { once: true })
    else if (socket.readyState === WebSocket.OPEN) run()
  }
  socket.binaryType = "arraybuffer"
  return {
    listen: (listener): SocketEnd => {
      let isOver = false
      const closed = (code: number, reason: string): void => {
        if (isOver) return
        isOver = true
        listener.closed({ code, reason })
      }
      socket.onmessage = ({ data }) =>
        listener.message(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer))
      socket.onclose = ({ code, reason, wasClean }) => closed(wasClean ? code : closeCodes.abnormal, reason)
      socket.onerror = () => closed(closeCodes.abnormal, "")
      return {
        send: (message) => whenOpen(() => socket.send(message)),
        close: ({ code, reason }) =>
          whenOpen(() => isSendable(code) ? socket.close(code, reason) : socket.close()),
        buffered: () => socket.bufferedAmount,
      }
    },
    discard: () => whenOpen(() => socket.close(closeCodes.goingAway, "")),
  }
}

/** Upgrades an accepted handshake to a socket. Bun expects no response then. */
export type Upgrade = (handshake: Handshake) => Response | undefined

/** How this host upgrades a request to a socket; `undefined` if it cannot. */
export const upgradeOf = (
  gateway: SocketGateway,
  request: Request,
  context: HostContext,
  server: BunServer | undefined,
): Upgrade | undefined => {
  if (Deno !== undefined) {
    return (handshake) => {
      const { protocol } = handshake
      const { socket, response } = Deno.upgradeWebSocket(
        withSpacedNames(request),
        protocol === undefined ? {} : { protocol },
      )
      serveSocket(gateway, handshake, context, openDeno(socket))
      return response
    }
  }
  if (typeof server?.upgrade !== "function") return undefined
  return (handshake) => {
    const { protocol, relayed } = handshake
    const start = (socket: OpenSocket): void => serveSocket(gateway, handshake, context, socket)
    const headers = Object.fromEntries(handshake.headers)
    if (protocol !== undefined) headers["sec-websocket-protocol"] = protocol
    if (server.upgrade?.(request, { data: { start }, headers }) === true) return undefined
    relayed?.abandon()
    return new Response("The handshake is not complete", { status: 400 })
  }
}
