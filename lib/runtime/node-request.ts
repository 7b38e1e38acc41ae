/**
 * A request of `node:http` as the gateway reads requests.
 *
 * Node's own `Request` makes a stream of every body and reads it back through it: a fifth of what a call costs the
 * gateway (Node 20).
 *
 * @module
 */
import type { IncomingMessage } from "node:http"
import { joined } from "../joined-bytes.ts"
import { bodyOf, headersOf } from "./node-message.ts"

/** All bytes of a message, which must be whole. */
const bytesOf = (message: IncomingMessage): Promise<ArrayBuffer> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    message.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk)
      size += chunk.byteLength
    })
    message.on("end", () => {
      if (message.complete) resolve(joined(chunks, size).buffer)
    })
    message.on("error", reject)
    // Asked first: an error that nobody needs would cost every request 2 % for its stack.
    message.on("close", () => message.complete || reject(new Error("The connection closed within the body")))
  })

const hasBody = ({ method, headers }: IncomingMessage): boolean =>
  method !== "GET" && method !== "HEAD" &&
  (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)

/** What the gateway and its routes read of a `Request`. */
type Read = Pick<Request, "method" | "url" | "headers" | "signal" | "body" | "arrayBuffer" | "text">

/**
 * Throws where no `Request` could have such a host, path or header.
 *
 * @param onLeave calls back when the client leaves
 */
export const requestOf = (message: IncomingMessage, onLeave: (callback: () => void) => void): Request => {
  const target = message.url ?? "/"
  const { href } = new URL(
    target.startsWith("/") ? `http://${message.headers.host ?? "localhost"}${target}` : target,
  )
  let body: Request["body"] | undefined
  let left: AbortController | undefined
  const request: Read = {
    method: message.method ?? "GET",
    url: href,
    headers: headersOf(message),
    get signal() {
      if (left === undefined) {
        const controller = left = new AbortController()
        onLeave(() => controller.abort())
      }
      return left.signal
    },
    get body() {
      return body ??= hasBody(message) ? bodyOf(message, () => message.resume()) : null
    },
    arrayBuffer: () => body === undefined ? bytesOf(message) : new Response(body).arrayBuffer(),
    text: async () => new TextDecoder().decode(await request.arrayBuffer()),
  }
  return request as Request
}
