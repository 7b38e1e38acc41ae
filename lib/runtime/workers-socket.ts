/**
 * WebSockets of Workers: those of clients, and those to Baseten.
 *
 * @module
 */
import { HeaderFields } from "../headers/header-fields.ts"
import type { ConnectSocket } from "../upstream/Transport.ts"
import { closeCodes, isSendable } from "../websocket/close-codes.ts"
import type { OpenSocket, SocketEnd } from "../websocket/open-socket.ts"

/** A socket of Workers', which says nothing before it is accepted. */
export interface WorkersSocket extends WebSocket {
  readonly accept: () => void
}

/** What a socket that has closed throws is of no use. */
const quietly = (run: () => void): void => {
  try {
    run()
  } catch {
    // Its end has been heard, or will be.
  }
}

/** A socket as the gateway uses sockets. Workers always read, and do not report what is buffered. */
export const openWorkers = (socket: WorkersSocket): OpenSocket => ({
  listen: (listener): SocketEnd => {
    let isOver = false
    const closed = (code: number, reason: string): void => {
      if (isOver) return
      isOver = true
      quietly(() => isSendable(code) ? socket.close(code, reason) : socket.close())
      listener.closed({ code, reason })
    }
    socket.binaryType = "arraybuffer"
    socket.addEventListener(
      "message",
      ({ data }) => listener.message(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer)),
    )
    socket.addEventListener(
      "close",
      ({ code, reason }) => closed(code, code === closeCodes.abnormal ? "" : reason),
    )
    socket.addEventListener("error", () => closed(closeCodes.abnormal, ""))
    socket.accept()
    return {
      send: (message) => quietly(() => socket.send(message)),
      close: ({ code, reason }) =>
        quietly(() => isSendable(code) ? socket.close(code, reason) : socket.close()),
    }
  },
  discard: () =>
    quietly(() => {
      socket.accept()
      socket.close(closeCodes.goingAway, "")
    }),
})

/** Opens a WebSocket to Baseten: `fetch` upgrades here. */
export const connectByWorkers: ConnectSocket = async ({ url, headers: given }, { signal }) => {
  const headers = { ...Object.fromEntries(HeaderFields.of(given)), upgrade: "websocket" }
  const init = { headers, signal: signal(), redirect: "manual" as const }
  const response = await fetch(url, init) as Response & { readonly webSocket?: WorkersSocket | null }
  const { status, statusText, webSocket } = response
  if (webSocket === null || webSocket === undefined) return response
  const chosen = response.headers.get("sec-websocket-protocol")
  const offered = given.get("sec-websocket-protocol")?.split(",").map((name) => name.trim()) ?? []
  if (chosen !== null && !offered.includes(chosen)) {
    openWorkers(webSocket).discard()
    throw new Error("The answer chooses a subprotocol that was not offered")
  }
  return { status, statusText, headers: response.headers, body: null, socket: openWorkers(webSocket) }
}
