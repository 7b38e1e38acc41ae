/**
 * Rewrites a body that is one text, plain or JSON lines, as it streams. From the first bytes that are not UTF-8 on, a
 * body passes unchanged.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import type { BodyRewriter } from "./body-rewriter.ts"
import { edited, TextChannel, type TextRules } from "./text-channel.ts"

const encoder = new TextEncoder()
const none = new Uint8Array(0)

/** The number of bytes at the end that begin an incomplete character. */
const unfinished = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return back < needed ? back : 0
  }
  return 0
}

/** Rewrites one body. */
export class TextRewriter implements BodyRewriter {
  readonly #channel: TextChannel
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  #rest = none
  /** The undecided text, and where it begins. */
  #text = ""
  #from = 0
  #isBinary = false

  constructor(rules: TextRules) {
    this.#channel = new TextChannel(rules, 0)
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#isBinary) return chunk
    const bytes = concatBytes([this.#rest, chunk], this.#rest.length + chunk.length)
    const end = bytes.length - unfinished(bytes)
    let text: string
    try {
      text = this.#decoder.decode(bytes.subarray(0, end))
    } catch {
      this.#isBinary = true
      this.#rest = none
      const held = this.#take("", true)
      return concatBytes([held, bytes], held.length + bytes.length)
    }
    this.#rest = bytes.slice(end)
    return this.#take(text, false)
  }

  finish(): Uint8Array {
    if (this.#isBinary) return none
    const held = this.#take("", true)
    return concatBytes([held, this.#rest], held.length + this.#rest.length)
  }

  #take(text: string, isEnd: boolean): Uint8Array {
    const channel = this.#channel
    this.#text += text
    channel.push(text, isEnd)
    const from = this.#from
    const length = channel.decided - from
    if (length <= 0) return none
    const edits = channel.edits.map(({ start, end, text }) => ({
      start: start - from,
      end: end - from,
      text,
    }))
    const passed = edited(this.#text.slice(0, length), edits)
    channel.edits.length = 0
    this.#text = this.#text.slice(length)
    this.#from = channel.decided
    return encoder.encode(passed)
  }
}
