/**
 * A connection that has been switched to WebSocket: its bytes, as a runtime lends them.
 *
 * @module
 */

/** What comes over a connection. */
export interface WireListener {
  readonly data: (chunk: Uint8Array) => void
  /** What was written has gone. */
  readonly drained: () => void
  /** The connection has ended, or the peer has finished: nothing more arrives. Called once. */
  readonly ended: () => void
}

/** A connection. Nothing of it throws. */
export interface Wire {
  /** Reads from now on. */
  readonly listen: (listener: WireListener) => void
  /** Writes, and returns whether there is room for more. */
  readonly write: (bytes: Uint8Array) => boolean
  /** How many bytes wait to be sent. */
  readonly buffered: () => number
  readonly pause: () => void
  readonly resume: () => void
  /** Sends what waits, then closes. */
  readonly end: () => void
  /** Closes at once after a number of milliseconds, if it is still open then. */
  readonly expire: (milliseconds: number) => void
  /** Closes at once. */
  readonly destroy: () => void
}
