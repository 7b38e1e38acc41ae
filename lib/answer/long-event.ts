/**
 * An event of a stream that is too long to buffer.
 *
 * @module
 */
import { jsonSkeleton } from "../json/outline.ts"
import { lineEnd } from "../sse/event-bounds.ts"

const LF = 0x0a, CR = 0x0d
const longestName = 256
const fields = ["data:", "event:"]

/** Reads an event incrementally, from its first byte. */
export class LongEvent {
  #data = ""
  #name = ""
  readonly #outline = jsonSkeleton((text) => {
    this.#data = text
  })
  #lineLength = 0
  /** The beginning of the current line, as far as it may be a field's name; `undefined` once it cannot be one. */
  #field: string | undefined = ""
  #afterCR = false
  #hasLines = false

  /** Its name, or an empty text. */
  get name(): string {
    return this.#name.trim()
  }
  /** The outline of its data, as `jsonSkeleton` makes it; empty if that is not JSON. */
  get data(): string {
    return this.#data
  }

  /**
   * Takes bytes; keeps no reference to them.
   *
   * @returns the index after the blank line that ends the event, or -1 if it continues
   */
  push(bytes: Uint8Array): number {
    let at = this.#afterCR && bytes[0] === LF ? 1 : 0
    if (bytes.length > 0) this.#afterCR = false
    const hasCR = bytes.includes(CR)
    for (;;) {
      const end = hasCR ? lineEnd(bytes, at) : bytes.indexOf(LF, at)
      this.#take(bytes, at, end === -1 ? bytes.length : end)
      if (end === -1) return -1
      const isBlank = this.#lineLength === 0
      this.#lineLength = 0
      this.#field = ""
      at = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1
      this.#afterCR = bytes[end] === CR && at === bytes.length
      if (isBlank && this.#hasLines) return at
      this.#hasLines ||= !isBlank
    }
  }

  #take(bytes: Uint8Array, from: number, to: number): void {
    this.#lineLength += to - from
    let at = from
    while (at < to && this.#field !== undefined && !fields.includes(this.#field)) {
      const beginning: string = this.#field + String.fromCharCode(bytes[at++] ?? 0)
      // The bytes of the byte order mark, which may precede the first field.
      if (this.#field === "" && /[\xef\xbb\xbf]/.test(beginning)) continue
      this.#field = fields.some((name) => name.startsWith(beginning)) ? beginning : undefined
    }
    if (this.#field === "data:") this.#outline.push(bytes.subarray(at, to))
    else if (this.#field === "event:" && this.#name.length < longestName) {
      this.#name += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + longestName)))
    }
  }
}
