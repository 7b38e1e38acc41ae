/**
 * A WebSocket, run by a runtime, or by this gateway over a connection of its own.
 *
 * @module
 */
import type { Closing } from "./close-codes.ts"
import type { SocketMessage } from "./message-reader.ts"
import type { Wire } from "./wire.ts"

/** What comes over a socket. */
export interface SocketListener {
  readonly message: (message: SocketMessage) => void
  /** The peer has shown that it is there, by a ping or a pong. */
  readonly alive: () => void
  /** The peer has read, where the runtime tells so. */
  readonly drained: () => void
  /** The socket has closed, once; with code 1006 if the peer has sent no close frame. */
  readonly closed: (closing: Closing) => void
}

/** What is done to a socket. Nothing of it throws. */
export interface SocketEnd {
  readonly send: (message: SocketMessage) => void
  /** Sends a close frame behind all that was sent, and closes the connection after the peer's. */
  readonly close: (closing: Closing) => void
  /** How many bytes the peer has not taken yet; absent if the runtime does not know. */
  readonly buffered?: () => number
  /** Stops reading until `resume`; absent if the runtime always reads. */
  readonly pause?: () => void
  readonly resume?: () => void
}

/** A socket that is open, and of which nothing is read before `listen`. */
export interface OpenSocket {
  readonly listen: (listener: SocketListener) => SocketEnd
  /** Ends it without a close frame: it is not wanted. */
  readonly discard: () => void
  /** The connection below it, if that is the gateway's own; not to be used beside `listen`. */
  readonly wire?: Wire
}
