/**
 * Finds any of a few words in bytes (Wu and Manber's search: "A fast algorithm for multi-pattern searching", 1994).
 *
 * Two neighbouring bytes give the least distance to the next word, so most bytes are never examined. JavaScript has no
 * native search of bytes for more than one byte, and decoding to text just to search costs twice as much.
 *
 * @module
 */

const encoder = new TextEncoder()

/** Large enough that the byte pairs of a dozen words rarely collide. */
const places = 4096
const placeOf = (one: number, other: number): number => (one << 5 ^ other) & (places - 1)

/** A search that may be shared: its only state is `word`, which belongs to the last call of `next`. */
export class WordSearch {
  /** Which word `next` has found, by its index. */
  word = -1
  readonly #words: ReadonlyArray<Uint8Array>
  /** The length of the shortest word: of each word, this many bytes are searched for. */
  readonly #length: number
  /** The least distance from a pair of bytes to the end of such a prefix. */
  readonly #distances = new Uint8Array(places)

  /** @param words of two ASCII letters or more */
  constructor(words: ReadonlyArray<string>) {
    this.#words = words.map((word) => encoder.encode(word))
    this.#length = Math.min(...words.map(({ length }) => length))
    const last = this.#length - 1
    this.#distances.fill(last)
    for (const word of this.#words) {
      for (let at = 1; at <= last; at++) {
        const place = placeOf(word[at - 1] ?? 0, word[at] ?? 0)
        this.#distances[place] = Math.min(this.#distances[place] ?? last, last - at)
      }
    }
  }

  /** The index after the next word between `from` and `to`; -1 if there is no word. */
  next(bytes: Uint8Array, from: number, to: number): number {
    const distances = this.#distances
    const last = this.#length - 1
    for (let at = from + last; at < to;) {
      const distance = distances[placeOf(bytes[at - 1] ?? 0, bytes[at] ?? 0)] ?? last
      // A branch, so that the next load need not wait for this one.
      if (distance === last) at += last
      else if (distance > 0) at += distance
      else {
        const end = this.#endOfWord(bytes, at - last, to)
        if (end !== -1) return end
        at++
      }
    }
    return -1
  }

  #endOfWord(bytes: Uint8Array, start: number, to: number): number {
    const words = this.#words
    for (let index = 0; index < words.length; index++) {
      const word = words[index] as Uint8Array
      if (start + word.length > to) continue
      let at = 0
      while (at < word.length && bytes[start + at] === word[at]) at++
      if (at < word.length) continue
      this.word = index
      return start + at
    }
    return -1
  }
}
