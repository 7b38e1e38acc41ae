/**
 * WebSockets on `node:http`.
 *
 * @module
 */
import { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { HostContext } from "../exchange.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import { stackFrames } from "../redaction/stack-frames.ts"
import { acceptFor } from "../websocket/accept-key.ts"
import { socketOver } from "../websocket/wire-socket.ts"
import { acceptHandshake, type Handshake, isHandshake, type SocketGateway } from "./handshake.ts"
import { writeAnswer } from "./node-listener.ts"
import { requestOf } from "./node-request.ts"
import { takeOverSocket } from "./node-wire.ts"
import { serveSocket } from "./serve-socket.ts"

/**
 * A message that is upgraded only if it is a WebSocket handshake. Once a server handles upgrades, Node upgrades every
 * request that asks for it, such as a POST that offers HTTP/2 (curl), and its body would be lost.
 */
export class UpgradableMessage extends IncomingMessage {
  #asks = false
  // Node sets this on each message, and reads it to decide.
  get upgrade(): boolean {
    return #asks in this && this.#asks && (this.method === "CONNECT" || isHandshake(asked(this)))
  }
  set upgrade(asks: boolean | null) {
    if (#asks in this) this.#asks = asks === true
  }
}

const asked = (message: IncomingMessage): Pick<Request, "method" | "url" | "headers"> => ({
  method: message.method ?? "",
  url: `http://host${message.url ?? ""}`,
  headers: HeaderFields.ofRaw(message.rawHeaders),
})

/** The host context of a handshake, whose client leaves by closing its connection. */
const clientOf = (
  socket: Socket,
  loopback: boolean,
): HostContext & Required<Pick<HostContext, "onLeave">> => ({
  loopback,
  clientAddress: () => socket.remoteAddress ?? null,
  onLeave: (callback) => {
    if (socket.destroyed) callback()
    else socket.once("end", callback).once("close", callback)
  },
})

const switchProtocols = async (
  socket: Socket,
  message: IncomingMessage,
  { protocol, headers }: Pick<Handshake, "protocol" | "headers">,
): Promise<void> => {
  const accept = await acceptFor(message.headers["sec-websocket-key"] ?? "")
  const lines = ["HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "connection: Upgrade"]
  lines.push(`sec-websocket-accept: ${accept}`)
  if (protocol !== undefined) lines.push(`sec-websocket-protocol: ${protocol}`)
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1")
}

const upgradeTo = async (
  gateway: SocketGateway,
  message: IncomingMessage,
  socket: Socket,
  head: Uint8Array,
  loopback: boolean,
): Promise<void> => {
  const client = clientOf(socket, loopback)
  const request = requestOf(message, client)
  const wire = takeOverSocket(socket, head)
  const accepted = await acceptHandshake(gateway, request, client, (handshake) => handshake)
  if ("refused" in accepted) {
    const response = new ServerResponse(message)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once("finish", () => socket.end())
    return await writeAnswer(response, accepted.refused)
  }
  const handshake = accepted.upgraded
  await switchProtocols(socket, message, handshake)
  if (socket.destroyed) return handshake.relayed?.abandon()
  const longest = Math.max(2 * gateway.largestBody(), leastPayload)
  serveSocket(gateway, handshake, client, socketOver(wire, { isClient: false, longest }))
}

/** The smallest limit for a message that must be buffered as a whole, in bytes. */
const leastPayload = 67_108_864

/**
 * Serves handshakes, as a listener of a server's "upgrade".
 *
 * @param loopback whether the server is bound to a loopback address
 */
export const nodeUpgrade =
  (gateway: SocketGateway, loopback = false) =>
  (message: IncomingMessage, socket: Socket, head: Uint8Array): void =>
    void upgradeTo(gateway, message, socket, head, loopback).catch((cause) => {
      console.error(JSON.stringify({ level: "error", msg: "internal", at: stackFrames(cause) }))
      socket.destroy()
    })
