/**
 * A text as written, in JSON or not, together with its folded form, in which it is compared.
 *
 * The written text is not changed: each character of the folded form knows which part of it it stands for. A text
 * that is JSON itself, such as a tool's arguments or a structured output, is read through both levels of escapes.
 *
 * @module
 */
import { foldTable } from "./fold.ts"

const BACKSLASH = 0x5c, LETTER_U = 0x75
const controls: Readonly<Record<number, number>> = { 0x62: 8, 0x66: 12, 0x6e: 10, 0x72: 13, 0x74: 9 }
/** Characters that folding may change. */
const unusual = /[\\\u0080-\uffff]/

const hexDigit = (unit: number): number => {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  const letter = unit | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** One text that comes in pieces. */
export class NormalText {
  /** The part that is held, as written. */
  raw = ""
  /** The number of levels of JSON escapes. */
  depth: number
  /** Up to where it has been read. */
  #read = 0
  /** Where in `raw` each folded character begins; `undefined` if both forms are the same. */
  #starts: Array<number> | undefined
  #ends: Array<number> = []
  #isSniffed = false
  #unit = 0

  /** @param depth 1 for the inside of a JSON string, 0 for plain text */
  constructor(depth: number) {
    this.depth = depth
  }

  /** Takes the next piece and returns what it adds to the folded form. */
  push(piece: string, isEnd: boolean): string {
    this.raw = this.raw === "" ? piece : this.raw + piece
    const limit = this.#isSniffed ? this.raw.length : this.#sniff(isEnd)
    if (this.#starts === undefined) {
      const added = this.#read === 0 && limit === this.raw.length
        ? this.raw
        : this.raw.slice(this.#read, limit)
      if (!unusual.test(added)) {
        this.#read = limit
        return added
      }
      this.#starts = Array.from({ length: this.#read }, (_, at) => at)
      this.#ends = this.#starts.map((at) => at + 1)
    }
    return this.#spell(this.#starts, limit, isEnd)
  }

  /** Where the written form of a folded character begins; past the last one, the end of what has been read. */
  startOf(at: number): number {
    if (this.#starts === undefined) return at
    return this.#starts[at] ?? this.#read
  }
  /** Where the written form of a folded character ends. */
  endOf(at: number): number {
    return this.#starts === undefined ? at + 1 : this.#ends[at] ?? this.#read
  }

  /** Drops the beginning, whose length is given for both forms. */
  drop(spelt: number, written: number): void {
    this.raw = this.raw.slice(written)
    this.#read -= written
    if (this.#starts === undefined) return
    this.#starts = this.#starts.slice(spelt).map((at) => at - written)
    this.#ends = this.#ends.slice(spelt).map((at) => at - written)
    if (this.#starts.length === 0 && this.#read === 0) this.#starts = undefined
  }

  #spell(starts: Array<number>, limit: number, isEnd: boolean): string {
    const fold = foldTable()
    let spelt = ""
    for (let at = this.#read; at < limit;) {
      let next = this.#next(at)
      if (next === -1) {
        if (!isEnd) break
        this.#unit = this.raw.charCodeAt(at)
        next = at + 1
      }
      const unit = fold[this.#unit] as number
      if (unit !== 0 || this.#unit === 0) {
        starts.push(at)
        this.#ends.push(next)
        spelt += String.fromCharCode(unit)
      }
      at = this.#read = next
    }
    return spelt
  }

  /** Reads a character into `#unit` and returns the index after it; -1 if it is incomplete so far. */
  #next(at: number): number {
    const end = this.#decode(this.depth, at)
    if (end === -1 || this.#unit !== BACKSLASH) return end
    // Text that quotes JSON may contain such an escape, too.
    const number = this.#hexAt(this.depth, end)
    if (number === -1) return -1
    this.#unit = number === -2 ? BACKSLASH : this.#unit
    return number === -2 ? end : number
  }

  #decode(depth: number, at: number): number {
    if (depth === 0) {
      if (at >= this.raw.length) return -1
      this.#unit = this.raw.charCodeAt(at)
      return at + 1
    }
    const end = this.#decode(depth - 1, at)
    if (end === -1 || this.#unit !== BACKSLASH) return end
    const number = this.#hexAt(depth - 1, end)
    if (number !== -2) return number
    const next = this.#decode(depth - 1, end)
    if (next !== -1) this.#unit = controls[this.#unit] ?? this.#unit
    return next
  }

  /**
   * Reads `uXXXX` into `#unit` and returns the index after it; -1 if it is incomplete so far, -2 if it is something
   * else.
   */
  #hexAt(depth: number, at: number): number {
    let end = this.#decode(depth, at)
    if (end === -1) return -1
    if (this.#unit !== LETTER_U) return -2
    let number = 0
    for (let digits = 0; digits < 4; digits++) {
      end = this.#decode(depth, end)
      if (end === -1) return -1
      const digit = hexDigit(this.#unit)
      if (digit === -1) return -2
      number = 16 * number + digit
    }
    this.#unit = number
    return end
  }

  /**
   * Decides by the first two characters other than white space whether the text is JSON, and returns how far it may
   * be read.
   */
  #sniff(isEnd: boolean): number {
    let first = -1
    let blank = this.#read
    for (let at = blank; at < this.raw.length;) {
      const next = this.#decode(this.depth, at)
      if (next === -1) break
      at = next
      const unit = this.#unit
      if (unit <= 0x20) {
        if (first === -1) blank = at
        continue
      }
      if (first === -1 && (unit === 0x7b || unit === 0x5b)) {
        first = unit
        continue
      }
      const isJson = first !== -1 &&
        (first === 0x7b ? '"}' : '"[]{-0123456789').includes(String.fromCharCode(unit))
      if (isJson) this.depth++
      this.#isSniffed = true
      return this.raw.length
    }
    this.#isSniffed = isEnd
    return isEnd ? this.raw.length : blank
  }
}
