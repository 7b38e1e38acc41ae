/**
 * Requests to Baseten over `node:http`: no time limit of its own, no decoding, a third of the cost of Node's `fetch`.
 *
 * The modules come from `process.getBuiltinModule`, not from imports, so that this file can be bundled for any host.
 *
 * @module
 */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http"
import * as Layer from "effect/Layer"
import { HeaderFields } from "../headers/header-fields.ts"
import { isBodiless } from "../upstream/bodiless.ts"
import { type OpenReader, readChunks } from "../upstream/body-reader.ts"
import type { Abort } from "../upstream/lazy-abort.ts"
import { Transport, type TransportAnswer, type UpstreamRequest } from "../upstream/Transport.ts"
import { targetOf } from "./node-destination.ts"
import { connectByNode } from "./node-handshake.ts"
import { type NodeBodyReader, readerOf, streamFrom } from "./node-message.ts"

interface NodeModules {
  readonly getBuiltinModule: {
    (name: "node:http"): typeof import("node:http")
    (name: "node:https"): typeof import("node:https")
  }
}

/** Idle connections are closed after 30 s, well before Baseten does (60 to 120 s). */
const pool = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024, timeout: 30_000 }

/** The most bytes of an answer's headers; some proxies add more than Node's default of 16 KiB. */
const maxHeaderSize = 262_144

/**
 * Milliseconds within which a connection that was closed before the request fails; after that, the server has
 * received the request.
 */
const staleTime = 1000

/** Methods whose requests have no length unless they have a body (RFC 9110 §8.6). */
const withoutLength: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"])

/**
 * The header fields of a request as a flat list, which Node writes out as it is. If Node keeps them in an object of
 * its own, and sets `Host` and the length itself, that takes more than half of what a request allocates (Node 20).
 */
const rawHeaders = ({ method, headers, body }: UpstreamRequest, host: string): Array<string> => {
  const fields = HeaderFields.of(headers)
  const raw = fields.toRaw()
  raw.push("host", host)
  if (body instanceof ReadableStream || fields.has("content-length")) return raw
  if (body !== null) raw.push("content-length", String(body.byteLength))
  else if (!withoutLength.has(method)) raw.push("content-length", "0")
  return raw
}

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

const readerOfAnswer = (message: IncomingMessage, request: ClientRequest): NodeBodyReader =>
  readerOf(message, () => request.destroy())

/**
 * An answer, with the part of `Response` that is used. Node's own makes a stream of every body and reads it through a
 * second one, which is a third of the cost of a short answer (Node 20), since each of them outlives its request.
 */
class NodeAnswer implements TransportAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: HeaderFields
  /** Reads the body; must not be used together with `body`. */
  readonly reader: NodeBodyReader | undefined
  #body: Response["body"] | undefined

  constructor(message: IncomingMessage, request: ClientRequest, method: string) {
    this.status = message.statusCode ?? 0
    this.statusText = message.statusMessage ?? ""
    if (/[^\t\x20-\x7e\x80-\xff]/.test(this.statusText)) throw new Error("The reason phrase is malformed")
    this.headers = HeaderFields.ofRaw(message.rawHeaders)
    if (isBodiless(method, this.status)) message.resume()
    else this.reader = readerOfAnswer(message, request)
  }
  get body(): Response["body"] {
    return this.#body ??= this.reader === undefined ? null : streamFrom(this.reader)
  }
}

const openReader: OpenReader = (response) =>
  response instanceof NodeAnswer ? response.reader : readChunks(response)

/** Opens a request, on a connection of its own if there is no agent. */
type Open = (request: UpstreamRequest, pooled: boolean) => ClientRequest

/** One request, and its answer. */
class Sending {
  readonly #open: Open
  readonly #given: UpstreamRequest
  readonly #resolve: (answer: NodeAnswer) => void
  readonly #reject: (cause: unknown) => void
  #request: ClientRequest | undefined
  #isAnswered = false
  #isAborted = false
  #sentAt = 0

  constructor(
    open: Open,
    given: UpstreamRequest,
    resolve: (answer: NodeAnswer) => void,
    reject: (cause: unknown) => void,
  ) {
    this.#open = open
    this.#given = given
    this.#resolve = resolve
    this.#reject = reject
  }
  start(pooled: boolean): void {
    if (this.#isAborted) return this.#reject(new Error("The request was aborted"))
    this.#sentAt = performance.now()
    const { body } = this.#given
    const request = this.#request = this.#open(this.#given, pooled)
    request.on("response", (message) => this.#answered(message, request))
    request.on("error", (cause) => this.#failed(cause, request))
    // No error follows these two: an answer that switches protocols, and a close without an answer.
    request.on("upgrade", (_, socket) => {
      socket.destroy()
      this.#reject(new Error("The answer switches protocols"))
    })
    request.on("close", () => {
      if (request === this.#request && !this.#isAnswered) {
        this.#reject(new Error("The connection closed before there was an answer"))
      }
    })
    if (body instanceof ReadableStream) void upload(request, body)
    else request.end(body ?? undefined)
  }
  abort(): void {
    this.#isAborted = true
    // Without an error, which could reach a socket that was just returned to the pool and has no listener (Node 20).
    this.#request?.destroy()
  }
  #answered(message: IncomingMessage, request: ClientRequest): void {
    this.#isAnswered = true
    try {
      this.#resolve(new NodeAnswer(message, request, this.#given.method))
    } catch (cause) {
      request.destroy()
      this.#reject(cause)
    }
  }
  #failed(cause: Error, request: ClientRequest): void {
    // Tries once more, on a new connection: others of the pool may be closed as well.
    if (this.#wasStale(cause, request)) this.start(false)
    else this.#reject(cause)
  }
  /**
   * Whether a request failed because its connection, which had served others, had been closed: a server may
   * close an idle one at any time (RFC 9112 §9.5).
   */
  #wasStale({ code }: NodeJS.ErrnoException, { reusedSocket }: ClientRequest): boolean {
    return reusedSocket && (code === "ECONNRESET" || code === "EPIPE") &&
      performance.now() - this.#sentAt < staleTime && !this.#isAborted && !this.#isAnswered &&
      !(this.#given.body instanceof ReadableStream)
  }
}

/** Sends over `node:http` and `node:https`, with connections kept alive. */
export const layerNodeHttp = (): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => {
    const modules = (globalThis as unknown as { readonly process: NodeModules }).process
    const http = modules.getBuiltinModule("node:http")
    const https = modules.getBuiltinModule("node:https")
    const plainPool = new http.Agent(pool)
    const securePool: Agent = new https.Agent(pool)
    const open: Open = (given, pooled) => {
      const { to: { isSecure, hostname, port, host }, path } = targetOf(given.url)
      const options: RequestOptions = {
        method: given.method,
        hostname,
        port,
        path,
        headers: rawHeaders(given, host),
        maxHeaderSize,
        agent: pooled ? isSecure ? securePool : plainPool : false,
      }
      return isSecure ? https.request(options) : http.request(options)
    }
    const send = (given: UpstreamRequest, { onAbort }: Abort): Promise<TransportAnswer> =>
      new Promise((resolve, reject) => {
        const sending = new Sending(open, given, resolve, reject)
        onAbort(() => sending.abort())
        sending.start(true)
      })
    return { send, openReader, decodes: new Set<string>(), connect: connectByNode }
  })
