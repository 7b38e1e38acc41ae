/**
 * Comments that keep the connection of a silent event stream open: proxies and clients give up on one that stays quiet.
 *
 * Readers skip comments (the HTML standard's event stream format). They stand between events alone, never within one.
 *
 * @module
 */
import type { StartTimer } from "../time/Timer.ts"
import type { ChunkRead } from "../upstream/body-reader.ts"

/** What the client gets after each silence. */
export const keepAliveComment: Uint8Array = new TextEncoder().encode(": keep-alive\n\n")

const LF = 0x0a, CR = 0x0d

/** Follows what a client gets of one stream, and finds the silences in it. */
export class KeepAlive {
  readonly #after: number
  readonly #startTimer: StartTimer
  /** How many line ends the stream ends with by now, up to two, of which the first may end the line of an event. */
  #lineEnds = 2
  #last = 0

  /** @param after how long a silence is, in milliseconds */
  constructor(after: number, startTimer: StartTimer) {
    this.#after = after
    this.#startTimer = startTimer
  }

  /** Takes note of bytes that the client gets. */
  passed(bytes: Uint8Array): void {
    // Three bytes decide, or four where lines end with CR and LF.
    for (const byte of bytes.length > 4 ? bytes.subarray(bytes.length - 4) : bytes) {
      if (byte === CR || (byte === LF && this.#last !== CR)) this.#lineEnds++
      else if (byte !== LF) this.#lineEnds = 0
      this.#last = byte
    }
  }

  /** What a read brings, or `undefined` if it brings nothing for so long, and a comment may stand here. */
  async unlessSilent(read: Promise<ChunkRead>): Promise<ChunkRead | undefined> {
    // Nothing but the stream itself can end an event that is under way.
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
