/**
 * The answer to a request before the host converts it: the contents of a `Response` without its cost.
 *
 * @module
 */
import { HeaderFields } from "../headers/header-fields.ts"
import { readChunks } from "../upstream/body-reader.ts"
import type { OpenSocket } from "../websocket/open-socket.ts"
import type { Flow, Sink } from "./body-flow.ts"

/** A body being relayed: as a stream, or written to a host's own sink. */
export interface RelayedBody {
  readonly body: () => ReadableStream<Uint8Array>
  readonly into: (sink: Sink) => Flow
  /** Whether `body` is a stream already, not one that is made on demand. */
  readonly isStream?: boolean
}

/** A WebSocket that waits for its client's side. */
export interface RelayedSocket {
  /** The subprotocol that the provider has chosen. */
  readonly protocol: string | undefined
  /** Relays from now on; called once, unless `abandon` is. */
  readonly attach: (client: OpenSocket) => void
  /** Called if the handshake cannot be completed because the client has left. */
  readonly abandon: () => void
}

/** The answer to a request. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly headers: HeaderFields
  readonly body: RelayedBody | Uint8Array<ArrayBuffer> | null
  /** With status 101, which only hosts that can upgrade receive (`HostContext.canUpgrade`). */
  readonly socket?: RelayedSocket
}

/** The answer as a `Response`. */
export const toResponse = ({ status, statusText, headers, body }: Answer): Response =>
  new Response((body === null || body instanceof Uint8Array ? body : body.body()) as BodyInit | null, {
    status,
    statusText,
    headers: headers.toInit(),
  })

/** Converts a `Response` of the gateway itself. */
export const answerOfResponse = (response: Response): Answer => {
  const { status, statusText, headers } = response
  const { body } = response
  return {
    status,
    statusText,
    headers: HeaderFields.of(headers),
    body: body === null ? null : { isStream: true, body: () => body, into: (sink) => pour(response, sink) },
  }
}

const pour = (response: Response, sink: Sink): Flow => {
  const reader = readChunks(response)
  return {
    pull: async () => {
      try {
        const { done, value } = await reader?.read() ?? { done: true }
        if (done) sink.close()
        else sink.enqueue(value)
      } catch (cause) {
        sink.error(cause)
      }
    },
    cancel: () => void reader?.cancel(),
  }
}
