/**
 * How many tokens a call took, as far as that can be said if the server does not report it.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"

const bytesPerToken = 4

/**
 * The members that hold what a model wrote. MiniMax sends its thoughts in two of them, which counts them twice; on
 * Baseten it reports its usage in every chunk.
 */
export const textMembers: Record<Framing, ReadonlyArray<string>> = {
  chat: ["content", "reasoning_content", "reasoning", "arguments"],
  completions: ["text"],
  messages: ["text", "thinking", "partial_json"],
  responses: ["delta"],
}

const QUOTE = 0x22, COLON = 0x3a, BACKSLASH = 0x5c, SPACE = 0x20

/** Tokens read: a quarter of the bytes of the request's body. Images and audio within it make that far too many. */
export const estimateInput = (requestBytes: number): number => Math.ceil(requestBytes / bytesPerToken)

/**
 * Estimates the output of an event stream: a token for each text, or for every four bytes of them if those are more. An
 * escape counts as one byte, and so does a letter of two (Greek, Cyrillic, Arabic).
 *
 * Against OpenAI's o200k tokens that is right within 7 % for code, JSON, Chinese and Russian, from right to 10 % too
 * low for English prose, and 20 % too high for German.
 *
 * Nothing is parsed: within a string a quote is escaped, so that a quote, a colon and a quote stand between a key
 * and a text.
 */
export class OutputEstimate {
  #texts = 0
  #bytes = 0
  /** Whether the text that was counted last has not ended, and whether an escape is cut off at its end. */
  #isOpen = false
  #isEscaped = false

  /** Whether a text goes on behind the bytes that were counted last. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * Counts the text behind a key of `textMembers`.
   *
   * @param at the index behind the key's closing quote
   * @returns the index of the quote that ends the text, or `at` if there is no text
   */
  count(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== COLON) return at
    const value = bytes[at + 1] === SPACE ? at + 2 : at + 1
    if (bytes[value] !== QUOTE || value + 1 >= bytes.length || bytes[value + 1] === QUOTE) return at
    this.#texts++
    return this.countOn(bytes, value + 1)
  }

  /** Counts the rest of a text that has not ended. */
  countOn(bytes: Uint8Array, from: number): number {
    let at = this.#isEscaped ? from + 1 : from
    let count = 0
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      // No string of JSON has a line break.
      if (byte === QUOTE || byte < SPACE) break
      if (byte === BACKSLASH) at++
      if (byte >> 5 !== 0b110) count++
    }
    this.#bytes += count
    this.#isOpen = at >= bytes.length
    this.#isEscaped = at > bytes.length
    return at
  }

  /** Tokens written, the reasoning ones included, a whole number from 1; `undefined` if there was no text. */
  tokens(): number | undefined {
    return this.#texts === 0 ? undefined : Math.max(this.#texts, Math.round(this.#bytes / bytesPerToken))
  }
}
