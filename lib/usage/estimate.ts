/**
 * How many tokens a call took, as far as that can be told where the server does not tell it.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"

/** A stream whose output is being estimated. */
export interface OutputEstimate {
  /** Takes note of the next bytes; keeps no reference to them. */
  readonly push: (chunk: Uint8Array) => void
  /** Tokens written, the reasoning ones included, a whole number from 1; nothing where no text was seen. */
  readonly finish: () => number | undefined
}

const bytesPerToken = 4

/**
 * The members that hold what a model wrote. MiniMax sends its thoughts in two of them, which counts them twice; on
 * Baseten it tells usage in every chunk.
 */
const textMembers: Record<Framing, ReadonlyArray<string>> = {
  chat: ["content", "reasoning_content", "reasoning", "arguments"],
  completions: ["text"],
  messages: ["text", "thinking", "partial_json"],
  responses: ["delta"],
}

const QUOTE = 0x22, COLON = 0x3a, BACKSLASH = 0x5c, SPACE = 0x20, LF = 0x0a
/** After a colon, what says whether a text begins: a space, a quote, and the byte behind it. */
const lookAhead = 3
const nothing = new Uint8Array(0)

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

/** Tokens read: a quarter of the bytes of the request's body. Images and audio within it make that far too many. */
export const estimateInput = (requestBytes: number): number => Math.ceil(requestBytes / bytesPerToken)

/**
 * Starts to estimate the output of an event stream: a token for each text, or for every four bytes of them if those
 * are more. An escape counts as one byte, and so does a letter of two (Greek, Cyrillic, Arabic).
 *
 * Against OpenAI's o200k tokens that is right within 7 % for code, JSON, Chinese and Russian, from right to 10 % too
 * low for English prose, and 20 % too high for German.
 *
 * Nothing is parsed: within a string a quote is escaped, so that a quote, a colon and a quote stand between a key
 * and a text. Chunks may split anywhere.
 */
export const outputEstimate = (framing: Framing): OutputEstimate => {
  const keys = textMembers[framing].map((name) => new TextEncoder().encode(JSON.stringify(name)))
  const longestKey = Math.max(...keys.map((key) => key.length))
  let texts = 0
  let bytes = 0
  /** Where in the next chunk the text at hand goes on; -1 where there is none. */
  let next = -1
  /** The end of the last chunk, which may hold the beginning of a key, and from where on it was not looked at. */
  let rest: Uint8Array = nothing
  let from = 0

  const endsKey = (chunk: Uint8Array, end: number): boolean =>
    keys.some((key) => {
      for (let at = 1; at <= key.length; at++) if (chunk[end - at] !== key[key.length - at]) return false
      return true
    })

  /** The index of the quote that ends the text. */
  const countText = (chunk: Uint8Array, from: number): number => {
    let at = from
    for (; at < chunk.length && chunk[at] !== QUOTE; at++) {
      const byte = chunk[at] ?? 0
      if (byte === BACKSLASH) at++
      if (byte >> 5 !== 0b110) bytes++
    }
    next = at < chunk.length ? -1 : at - chunk.length
    return at
  }

  return {
    push: (chunk) => {
      const isText = next !== -1
      const all = isText || rest.length === 0 ? chunk : joined(rest, chunk)
      let at = isText ? countText(all, next) : from
      for (; at < all.length - lookAhead; at++) {
        if (all[at] !== COLON || all[at - 1] !== QUOTE) continue
        const value = all[at + 1] === SPACE ? at + 2 : at + 1
        if (all[value] !== QUOTE || all[value + 1] === QUOTE || !endsKey(all, at)) continue
        texts++
        at = countText(all, value + 1)
      }
      // No key goes on behind the end of a line, with which most chunks end.
      const start = next !== -1 || all[all.length - 1] === LF ? all.length : Math.max(0, at - longestKey)
      rest = start < all.length ? all.slice(start) : nothing
      from = Math.max(0, at - start)
    },
    finish: () => texts === 0 ? undefined : Math.max(texts, Math.round(bytes / bytesPerToken)),
  }
}
