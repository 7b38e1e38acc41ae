/**
 * Opens WebSockets to Baseten over `node:http`, which Bun and Deno provide as well: unlike their `WebSocket` it
 * exposes the status and body of a refusal, and can stop reading.
 *
 * @module
 */
import type { IncomingMessage, RequestOptions } from "node:http"
import type { Socket } from "node:net"
import { HeaderFields } from "../headers/header-fields.ts"
import type { Abort } from "../upstream/lazy-abort.ts"
import type { TransportAnswer, UpstreamRequest } from "../upstream/Transport.ts"
import { acceptFor, newKey } from "../websocket/accept-key.ts"
import { socketOver } from "../websocket/wire-socket.ts"
import { targetOf } from "./node-destination.ts"
import { readerOf, streamFrom } from "./node-message.ts"
import { takeOverSocket } from "./node-wire.ts"

interface NodeModules {
  readonly getBuiltinModule: {
    (name: "node:http"): typeof import("node:http")
    (name: "node:https"): typeof import("node:https")
  }
}

/** The longest message from Baseten if it has to be buffered as a whole, in bytes. */
const longestMessage = 67_108_864

const maxHeaderSize = 262_144

const refusal = (message: IncomingMessage, end: () => void): TransportAnswer => ({
  status: message.statusCode ?? 0,
  statusText: /^[\t\x20-\x7e\x80-\xff]*$/.test(message.statusMessage ?? "")
    ? message.statusMessage ?? ""
    : "",
  headers: HeaderFields.ofRaw(message.rawHeaders),
  body: streamFrom(readerOf(message, end)),
})

/** Whether an answer accepts this handshake, and nothing that was not offered. */
const agrees = async (headers: HeaderFields, key: string, offered: string | null): Promise<boolean> => {
  if (headers.get("upgrade")?.toLowerCase() !== "websocket" || headers.has("sec-websocket-extensions")) {
    return false
  }
  const protocol = headers.get("sec-websocket-protocol")
  const names = offered?.split(",").map((name) => name.trim()) ?? []
  if (protocol !== null && !names.includes(protocol)) return false
  return headers.get("sec-websocket-accept") === await acceptFor(key)
}

const optionsOf = ({ url, headers: given }: UpstreamRequest, key: string) => {
  const { to: { isSecure, hostname, port, host }, path } = targetOf(url)
  const headers = HeaderFields.of(given).toRaw()
  headers.push("host", host, "connection", "Upgrade", "upgrade", "websocket")
  headers.push("sec-websocket-version", "13", "sec-websocket-key", key)
  const options: RequestOptions = {
    method: "GET",
    hostname,
    port,
    path,
    headers,
    maxHeaderSize,
    agent: false,
  }
  return { isSecure, options }
}

/** Resolves with the open socket, as an answer of status 101, or with the refusal. */
export const connectByNode = (request: UpstreamRequest, { onAbort }: Abort): Promise<TransportAnswer> =>
  new Promise((resolve, reject) => {
    const modules = (globalThis as unknown as { readonly process: NodeModules }).process
    const key = newKey()
    const { isSecure, options } = optionsOf(request, key)
    const module = isSecure ? modules.getBuiltinModule("node:https") : modules.getBuiltinModule("node:http")
    const call = module.request(options)
    let opened: Socket | undefined
    let isAborted = false
    onAbort(() => {
      isAborted = true
      call.destroy()
      opened?.destroy()
    })
    call.on("response", (message) => resolve(refusal(message, () => call.destroy())))
    call.on("upgrade", (message, socket, head) => {
      opened = socket as Socket
      const wire = takeOverSocket(opened, head)
      const headers = HeaderFields.ofRaw(message.rawHeaders)
      agrees(headers, key, request.headers.get("sec-websocket-protocol")).then((isAgreed) => {
        if (isAgreed && !isAborted) {
          const socket = socketOver(wire, { isClient: true, longest: longestMessage })
          return resolve({ status: 101, statusText: "", headers, body: null, socket })
        }
        wire.destroy()
        reject(new Error("The answer switches to a protocol that was not requested"))
      })
    })
    call.on("error", reject)
    // Also emitted after an upgrade.
    call.on("close", () => opened ?? reject(new Error("The connection closed before there was an answer")))
    call.end()
  })
