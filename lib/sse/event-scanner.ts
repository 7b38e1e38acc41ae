/**
 * Tells the events of a stream that are whole from the one that is under way, once for all who look at them.
 *
 * Nothing is decoded. A chunk of whole events, as nearly all are, costs a look at its last bytes; of others the event that is
 * under way is copied, and searched for its end once, however often it is split.
 *
 * @module
 */
import { lastEventEnd, skipComments } from "./event-bounds.ts"

const none = new Uint8Array(0)

/** Scans one stream. */
export class EventScanner {
  #held = none
  #length = 0

  /** How many bytes are held of the event that is under way: the caller sees to it that they stay few. */
  get length(): number {
    return this.#length
  }
  /** The event that is under way, as far as it has come. */
  get rest(): Uint8Array {
    return this.#held.subarray(0, this.#length)
  }

  /**
   * Takes the next bytes, which are neither changed nor kept.
   *
   * @returns all events that are whole by now, and comments before the next one: the very chunk if nothing was held nor is,
   *   else a view of it or bytes of their own
   */
  push(chunk: Uint8Array): Uint8Array {
    const before = this.#length
    if (before > 0) this.#hold(chunk)
    const bytes = before > 0 ? this.rest : chunk
    const blank = lastEventEnd(bytes, before, bytes.length)
    const end = skipComments(bytes, blank, before)
    if (end === bytes.length) {
      this.#held = none
      this.#length = 0
      return bytes
    }
    if (before === 0) this.#hold(chunk.subarray(end))
    else if (end > 0) {
      this.#held = none
      this.#length = 0
      this.#hold(bytes.subarray(end))
    }
    return end === 0 ? none : bytes.subarray(0, end)
  }

  /** Lets go of the event that is under way. The scanner goes on with another one. */
  release(): Uint8Array {
    const { rest } = this
    this.#held = none
    this.#length = 0
    return rest
  }

  #hold(part: Uint8Array): void {
    const length = this.#length + part.length
    if (length > this.#held.length) {
      const larger = new Uint8Array(2 * length)
      larger.set(this.rest)
      this.#held = larger
    }
    this.#held.set(part, this.#length)
    this.#length = length
  }
}
