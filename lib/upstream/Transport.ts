/**
 * How bytes get to Baseten and back, provided by the platform.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { HeaderFields } from "../headers/header-fields.ts"
import type { OpenSocket } from "../websocket/open-socket.ts"
import type { Abort } from "./lazy-abort.ts"
import { type OpenReader, readChunks } from "./body-reader.ts"

/** A request to Baseten. */
export interface UpstreamRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** The length of a streamed body in bytes, if known. */
  readonly length?: number | undefined
}

/** The part of a transport's answer that is used: any `Response` will do. */
export interface TransportAnswer extends Pick<Response, "status" | "statusText" | "headers" | "body"> {
  /** With status 101: what the connection has become. */
  readonly socket?: OpenSocket
}

/** Opens WebSockets. */
export type ConnectSocket = (request: UpstreamRequest, abort: Abort) => Promise<TransportAnswer>

/** Makes a body one whose length the runtime knows. */
export type DeclareLength = (
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
) => ReadableStream<Uint8Array<ArrayBuffer>>

/** The Fetch standard leaves the spelling to runtimes, most of which take any case. */
const usualCodings = ["gzip", "x-gzip", "deflate", "br", "zstd"].flatMap((name) => [name, name.toUpperCase()])

/** What `Transport` does. */
export interface TransportShape {
  /**
   * Resolves once the response headers have arrived; the body follows. `abort` ends both. If it rejects with a
   * `GatewayError`, the client receives that one.
   */
  readonly send: (request: UpstreamRequest, abort: Abort) => Promise<TransportAnswer>
  /** The content codings that it undoes while it leaves their headers on the answer, in the spellings that it knows. */
  readonly decodes: ReadonlySet<string>
  /** How the bodies of its answers are read; by default in the runtime's own chunks. */
  readonly openReader?: OpenReader
  /**
   * Sends the handshake of a WebSocket, and resolves with the socket, or with the provider's refusal. Absent if the
   * transport has no sockets.
   */
  readonly connect?: ConnectSocket
}

const TransportKey: Context.ServiceClass<Transport, "basegate/upstream/Transport", TransportShape> = Context
  .Service<Transport, TransportShape>()("basegate/upstream/Transport")

/** Sends one request; follows no redirect, sets no time limit, and retries nothing. */
export class Transport extends TransportKey {
  /**
   * The runtime's own `fetch`.
   *
   * @param options.decodes the content codings that this `fetch` removes even if none was requested
   * @param options.init members of `fetch`'s second argument that only this runtime knows
   * @param options.openReader how the bodies of answers are best read here
   * @param options.connect how WebSockets are opened here
   * @param options.streamBody what this `fetch` needs done to a streamed body of known length
   */
  static readonly layerFetch = (
    options: {
      readonly decodes?: ReadonlyArray<string>
      readonly init?: Readonly<Record<string, unknown>>
      readonly streamBody?: DeclareLength
      readonly openReader?: OpenReader
      readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
      readonly connect?: ConnectSocket
    } = {},
  ): Layer.Layer<Transport> => {
    const own = Object.entries(options.init ?? {})
    return Layer.succeed(Transport, {
      openReader: options.openReader ?? readChunks,
      decodes: new Set(options.decodes ?? usualCodings),
      ...(options.connect && { connect: options.connect }),
      send: ({ url, method, headers, body: given, length }, { signal }) => {
        const body =
          given instanceof ReadableStream && length !== undefined && options.streamBody !== undefined
            ? options.streamBody(given, length)
            : given
        const init: Record<string, unknown> = {
          method,
          headers: HeaderFields.of(headers).toInit(),
          body,
          signal: signal(),
          redirect: "manual",
          duplex: "half",
        }
        // A spread costs as much as all else here (Bun 1.4).
        for (const [name, value] of own) init[name] = value
        return (options.fetch ?? globalThis.fetch)(url, init as RequestInit)
      },
    })
  }
}
