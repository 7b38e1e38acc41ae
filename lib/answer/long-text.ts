/**
 * The texts of an event that comes in parts.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import type { OutputEstimate } from "../usage/estimate.ts"
import type { StreamWords } from "./stream-words.ts"

const none = new Uint8Array(0)
/** Longer than any key together with what separates it from its text. */
const overlap = 32

/** Counts the texts of one event, which may be split anywhere. */
export class LongText {
  readonly #estimate: OutputEstimate
  readonly #words: StreamWords
  /** The end of the last part, which may contain the beginning of a key. */
  #end: Uint8Array = none

  constructor(estimate: OutputEstimate, words: StreamWords) {
    this.#estimate = estimate
    this.#words = words
  }

  /** Takes the next part; keeps no reference to it. */
  push(part: Uint8Array): void {
    if (part.length === 0) return
    const { search, marks } = this.#words
    const estimate = this.#estimate
    const isOpen = estimate.isOpen
    const bytes = isOpen || this.#end.length === 0
      ? part
      : concatBytes([this.#end, part], this.#end.length + part.length)
    let seen = isOpen ? estimate.countOn(bytes, 0) : 0
    for (let at = seen; (at = search.next(bytes, at, bytes.length)) !== -1;) {
      // A key too near to the end is found again with the next part.
      if (marks[search.word] !== "text" || at + 3 >= bytes.length) continue
      at = seen = estimate.count(bytes, at)
    }
    this.#end = estimate.isOpen ? none : bytes.slice(Math.max(seen, bytes.length - overlap))
  }
}
