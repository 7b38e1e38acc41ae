/**
 * The timeouts of one call to Baseten: to the headers, between chunks, and (if set) of the whole.
 *
 * Plain arithmetic over a time that is passed in: one timer serves them all, and tests need none.
 *
 * @module
 */

/** How long each phase may take, in milliseconds. */
export interface TimeoutLimits {
  readonly headers: number
  readonly idle: number
  /** `undefined` if the whole call has no limit. */
  readonly total: number | undefined
}

/** The timeout that expired, named as the ending of a record. */
export type TimeoutKind = "first_byte_timeout" | "idle" | "total_timeout"

/** The state of the timeouts of one call. A class, since each call has one: its shape is fixed, its methods are shared. */
export class Timeouts {
  readonly #limits: TimeoutLimits
  readonly #start: number
  #phase: "headers" | "first_byte" | "body" = "headers"
  /** When the read that is pending was started; -1 if none is. */
  #silentSince = -1

  /** @param start when the call was sent, in milliseconds of a monotonic clock, which is 0 or more */
  constructor(limits: TimeoutLimits, start: number) {
    this.#limits = limits
    this.#start = start
  }
  headersReceived(): void {
    this.#phase = "first_byte"
  }
  /** The client wants more: Baseten's silence counts from now. While the client pauses, Baseten is not silent. */
  readStarted(now: number): void {
    this.#silentSince = now
  }
  chunkReceived(): void {
    this.#phase = "body"
    this.#silentSince = -1
  }
  /** Which timeout has expired, or in how many milliseconds to check again. */
  check(now: number): TimeoutKind | number {
    const { headers, idle, total } = this.#limits
    const ofPhase = this.#phase === "headers"
      ? this.#start + headers - now
      : this.#silentSince < 0
      ? idle
      : this.#silentSince + idle - now
    const ofCall = total === undefined ? Infinity : this.#start + total - now
    if (ofCall <= 0) return "total_timeout"
    if (ofPhase <= 0) return this.#phase === "body" ? "idle" : "first_byte_timeout"
    // A body that begins during the wait and falls silent must not wait for the timeout of its headers.
    return Math.min(ofPhase, ofCall, idle)
  }
}
