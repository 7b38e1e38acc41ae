/**
 * Requests to Baseten over `node:http`: no time limit of its own, no decoding, a third of the cost of Node's `fetch`.
 *
 * The modules are asked of the process, not imported, so that this file can be bundled for any host.
 *
 * @module
 */
import type { ClientRequest, IncomingMessage } from "node:http"
import * as Layer from "effect/Layer"
import type { Abort } from "../upstream/lazy-abort.ts"
import { Transport, type UpstreamRequest } from "../upstream/Transport.ts"
import { type OpenReader, readChunks } from "../upstream/body-reader.ts"
import { headersOf, type MessageReader, readerOf, streamFrom } from "./node-message.ts"

interface NodeModules {
  readonly getBuiltinModule: {
    (name: "node:http"): typeof import("node:http")
    (name: "node:https"): typeof import("node:https")
  }
}

/** Idle connections are closed after 30 s, well before Baseten closes them (60 to 120 s). */
const pool = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024, timeout: 30_000 }

/** How many bytes of headers an answer may have; Node's own bound of 16 KiB is less than what some proxies add. */
const maxHeaderSize = 262_144

/** A connection that was closed before a request shows it within a round trip; later, the request was worked on. */
const staleTime = 1000

/**
 * Whether a request came to nothing since its connection, which had served others, was closed by then: a server may close
 * an idle one at any time (RFC 9112 §9.5).
 */
const wasStale = (
  { reusedSocket }: ClientRequest,
  sent: number,
  { code }: NodeJS.ErrnoException,
): boolean =>
  reusedSocket && (code === "ECONNRESET" || code === "EPIPE") && performance.now() - sent < staleTime

const upload = async (request: ClientRequest, body: ReadableStream<Uint8Array>): Promise<void> => {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (request.destroyed) return await reader.cancel()
      // Not "drain", which a request whose answer has come before its end never emits (Node 20).
      await new Promise<void>((resolve) => request.write(value, () => resolve()))
    }
    request.end()
  } catch {
    request.destroy()
  }
}

const bodiless = (method: string, status: number): boolean =>
  method === "HEAD" || status === 204 || status === 205 || status === 304

/**
 * An answer, in what the gateway reads of a `Response`. Node's own makes a stream of every body, and reads it through a
 * second one: a third of what a short answer costs the gateway (Node 20), since each of them outlives its request.
 */
class NodeAnswer implements Pick<Response, "status" | "statusText" | "headers" | "body" | "arrayBuffer"> {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  /** Reads the body; not to be used beside `body`. */
  readonly reader: MessageReader | undefined
  #body: Response["body"] | undefined

  constructor(message: IncomingMessage, request: ClientRequest, method: string) {
    this.status = message.statusCode ?? 0
    this.statusText = message.statusMessage ?? ""
    if (/[^\t\x20-\x7e\x80-\xff]/.test(this.statusText)) throw new Error("The reason phrase is none")
    this.headers = headersOf(message)
    if (bodiless(method, this.status)) message.resume()
    else this.reader = readerOf(message, () => request.destroy())
  }
  get body(): Response["body"] {
    return this.#body ??= this.reader === undefined ? null : streamFrom(this.reader)
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return new Response(this.body).arrayBuffer()
  }
}

const openReader: OpenReader = (response) =>
  response instanceof NodeAnswer ? response.reader : readChunks(response)

/** Sends over `node:http` and `node:https`, with connections kept alive. */
export const layerNodeHttp = (): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => {
    const modules = (globalThis as unknown as { readonly process: NodeModules }).process
    const http = modules.getBuiltinModule("node:http")
    const https = modules.getBuiltinModule("node:https")
    const plainPool = new http.Agent(pool)
    const securePool = new https.Agent(pool)
    const open = (url: URL, init: import("node:https").RequestOptions): ClientRequest =>
      url.protocol === "https:"
        ? https.request(url, { agent: securePool, ...init })
        : http.request(url, { agent: plainPool, ...init })
    const send = ({ url, method, headers, body }: UpstreamRequest, { onAbort }: Abort): Promise<Response> =>
      new Promise((resolve, reject) => {
        let aborted = false
        let request: ClientRequest
        const init = { method, headers: Object.fromEntries(headers), maxHeaderSize }
        const start = (more: { readonly agent?: false }): void => {
          const sentAt = performance.now()
          const sent = request = open(new URL(url), { ...init, ...more })
          let answered = false
          sent.on("error", (cause) => {
            // Once more, on a connection of its own: others of the pool may be closed as well.
            if (!aborted && !answered && !(body instanceof ReadableStream) && wasStale(sent, sentAt, cause)) {
              return start({ agent: false })
            }
            reject(cause)
          })
          // Neither of these is followed by an error: an answer that switches protocols, and an end without a word.
          sent.on("upgrade", (_, socket) => {
            socket.destroy()
            reject(new Error("The answer switches protocols"))
          })
          sent.on("close", () => {
            if (sent === request && !answered) {
              reject(new Error("The connection closed before there was an answer"))
            }
          })
          sent.on("response", (message) => {
            answered = true
            try {
              resolve(new NodeAnswer(message, sent, method) as unknown as Response)
            } catch (cause) {
              sent.destroy()
              reject(cause)
            }
          })
          if (body instanceof ReadableStream) void upload(sent, body)
          else sent.end(body ?? undefined)
        }
        onAbort(() => {
          aborted = true
          // Without an error of its own: it could come to a socket that was just given back, where nobody listens (Node 20).
          request.destroy()
        })
        start({})
      })
    return { send, openReader, decodes: new Set<string>() }
  })
