/**
 * The clocks of one call to Baseten: to the headers, between chunks, and (if set) of the whole.
 *
 * Plain arithmetic over a time that is given: one timer serves them all, and tests need none.
 *
 * @module
 */

/** How long each phase may take, in milliseconds. */
export interface TimeoutLimits {
  readonly headers: number
  readonly idle: number
  readonly total: number | undefined
}

/** The clock that ran out, in the words of an ending. */
export type TimeoutKind = "first_byte_timeout" | "idle" | "total_timeout"

/** The clocks of one call. */
export interface Timeouts {
  /** The response headers came. */
  readonly headersReceived: () => void
  /** The client wants more: Baseten's silence counts from now. A client that pauses is not Baseten's silence. */
  readonly readStarted: (now: number) => void
  /** A chunk came. */
  readonly chunkReceived: () => void
  /** Which clock has run out, or how many milliseconds to wait before asking again. */
  readonly check: (now: number) => TimeoutKind | number
}

/** Starts the clocks of a call. */
export const startTimeouts = (limits: TimeoutLimits, start: number): Timeouts => {
  let phase: "headers" | "first_byte" | "body" = "headers"
  let silentSince: number | undefined
  return {
    headersReceived: () => {
      phase = "first_byte"
    },
    readStarted: (now) => {
      silentSince = now
    },
    chunkReceived: () => {
      phase = "body"
      silentSince = undefined
    },
    check: (now) => {
      const ofPhase = phase === "headers"
        ? start + limits.headers - now
        : silentSince === undefined
        ? limits.idle
        : silentSince + limits.idle - now
      const ofCall = limits.total === undefined ? Infinity : start + limits.total - now
      if (ofCall <= 0) return "total_timeout"
      if (ofPhase <= 0) return phase === "body" ? "idle" : "first_byte_timeout"
      // A body that begins during the wait and falls silent must not wait for the clock to its headers.
      return Math.min(ofPhase, ofCall, limits.idle)
    },
  }
}
