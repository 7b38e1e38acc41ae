/**
 * Comments that keep the connection of a silent event stream open: proxies and clients give up on one that stays
 * quiet.
 *
 * Readers skip comments (the HTML standard's event stream format). They are sent only between events, never within
 * one.
 *
 * @module
 */
import type { StartTimer } from "../time/Timer.ts"
import type { ChunkRead } from "../upstream/body-reader.ts"

/** What the client gets after each silence. */
export const keepAliveComment: Uint8Array = new TextEncoder().encode(": keep-alive\n\n")

const LF = 0x0a, CR = 0x0d

/** Follows what a client gets of one stream, and detects silence. */
export class KeepAlive {
  readonly #after: number
  readonly #startTimer: StartTimer
  /** The number of line ends at the current end of the stream, up to two; the first may end the line of an event. */
  #lineEnds = 2
  #last = 0

  /** @param after the length of a silence, in milliseconds */
  constructor(after: number, startTimer: StartTimer) {
    this.#after = after
    this.#startTimer = startTimer
  }

  /** Notes bytes that the client gets. */
  passed(bytes: Uint8Array): void {
    // The last three bytes decide, or four if lines end with CR and LF.
    for (const byte of bytes.length > 4 ? bytes.subarray(bytes.length - 4) : bytes) {
      if (byte === CR || (byte === LF && this.#last !== CR)) this.#lineEnds++
      else if (byte !== LF) this.#lineEnds = 0
      this.#last = byte
    }
  }

  /** The result of a read, or `undefined` if it takes longer than a silence and a comment may be sent here. */
  async unlessSilent(read: Promise<ChunkRead>): Promise<ChunkRead | undefined> {
    // Only the stream itself can end an incomplete event.
    return this.#lineEnds < 2 ? await read : await this.#withinTime(read)
  }

  #withinTime(read: Promise<ChunkRead>): Promise<ChunkRead | undefined> {
    return new Promise((resolve, reject) => {
      const stop = this.#startTimer(this.#after, () => resolve(undefined))
      read.then((result) => {
        stop()
        resolve(result)
      }, (cause: unknown) => {
        stop()
        reject(cause)
      })
    })
  }
}
