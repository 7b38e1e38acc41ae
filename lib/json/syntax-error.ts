/**
 * Finds where bytes stop being JSON (RFC 8259), without building values.
 *
 * `JSON.parse` words its errors differently on every runtime, allocates for every bracket, and takes V8 more than linear
 * time for hundreds of thousands of keys.
 *
 * @module
 */
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
} from "./tokens.ts"

/** Where bytes stop being JSON, and what was expected there. */
export interface JsonSyntaxError {
  /** Index of the first unexpected byte; the length if something is missing at the end. */
  readonly at: number
  /** The rest of a sentence that begins with "expected". */
  readonly expected: string
  /** Whether the JSON is sound so far, but nests too deep. */
  readonly tooDeep: boolean
}

/**
 * How deep JSON that the gateway reads may nest. Request bodies of today's SDKs stay below 30 levels; parsers of servers
 * give up between 64 (.NET), 128 (serde) and some thousands.
 */
export const deepestJson = 512

const SPACE = 0x20, MINUS = 0x2d, PLUS = 0x2b, DOT = 0x2e, ZERO = 0x30, NINE = 0x39, LETTER_U = 0x75

/** What may follow a backslash: `"`, `\`, `/`, `b`, `f`, `n`, `r`, `t`, and `u` with four hex digits. */
const escapes = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)))

const isHex = (byte = 0): boolean => {
  const letter = byte | 0x20
  return (byte >= ZERO && byte <= NINE) || (letter >= 0x61 && letter <= 0x66)
}

const isDigit = (byte = 0): boolean => byte >= ZERO && byte <= NINE

/** The position of an error, encoded as a negative number. */
const fault = (at: number): number => -1 - at

/** The index after the string that opens at `at`, or its fault. */
const stringEnd = (bytes: Uint8Array, at: number): number => {
  for (at++; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) return at + 1
    if (byte < SPACE) return fault(at)
    if (byte !== BACKSLASH) continue
    const escape = bytes[++at] ?? 0
    if (escape === LETTER_U) {
      for (const end = at + 4; at < end;) if (!isHex(bytes[++at])) return fault(at)
    } else if (!escapes.has(escape)) return fault(at)
  }
  return fault(at)
}

const digitsEnd = (bytes: Uint8Array, at: number): number => {
  if (!isDigit(bytes[at])) return fault(at)
  while (isDigit(bytes[at])) at++
  return at
}

const numberEnd = (bytes: Uint8Array, at: number): number => {
  if (bytes[at] === MINUS) at++
  let end = bytes[at] === ZERO ? at + 1 : digitsEnd(bytes, at)
  if (end >= 0 && bytes[end] === DOT) end = digitsEnd(bytes, end + 1)
  if (end >= 0 && ((bytes[end] ?? 0) | 0x20) === 0x65) {
    const sign = bytes[end + 1]
    end = digitsEnd(bytes, sign === PLUS || sign === MINUS ? end + 2 : end + 1)
  }
  return end
}

const words = ["true", "false", "null"].map((word) => new TextEncoder().encode(word))

const wordEnd = (bytes: Uint8Array, at: number): number => {
  for (const word of words) {
    if (bytes[at] !== word[0]) continue
    const wrong = word.findIndex((letter, index) => bytes[at + index] !== letter)
    return wrong === -1 ? at + word.length : fault(at + wrong)
  }
  return fault(at)
}

/** The index after the key that stands at `at`, its colon and the space around that; or its fault. */
const keyEnd = (bytes: Uint8Array, at: number): number => {
  if (bytes[at] !== QUOTE) return fault(at)
  const end = stringEnd(bytes, at)
  if (end < 0) return end
  const colon = skipSpace(bytes, end)
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : fault(colon)
}

const scalarEnd = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at]
  if (byte === QUOTE) return stringEnd(bytes, at)
  return byte === MINUS || isDigit(byte) ? numberEnd(bytes, at) : wordEnd(bytes, at)
}

/**
 * Why bytes are not one JSON value; `undefined` if they are one. Whether they are UTF-8 is not checked.
 *
 * @param deepest how many brackets may be open at a time
 */
export const findSyntaxError = (bytes: Uint8Array, deepest = deepestJson): JsonSyntaxError | undefined => {
  const found = (at: number, expected: string): JsonSyntaxError => ({ at, expected, tooDeep: false })
  /** The closing bracket of each open one. */
  const closings = new Uint8Array(deepest)
  let depth = 0
  for (let at = skipSpace(bytes, 0);;) {
    const open = bytes[at]
    if (open === OPEN_OBJECT || open === OPEN_ARRAY) {
      if (depth === deepest) return { at, expected: `at most ${deepest} levels`, tooDeep: true }
      const closing = open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY
      closings[depth++] = closing
      at = skipSpace(bytes, at + 1)
      if (bytes[at] !== closing) {
        if (open === OPEN_ARRAY) continue
        const value = keyEnd(bytes, at)
        if (value < 0) return found(fault(value), "a key in double quotes and a colon")
        at = value
        continue
      }
      depth--
      at++
    } else {
      const end = scalarEnd(bytes, at)
      if (end < 0) return found(fault(end), "a value")
      at = end
    }
    // A value has ended, and perhaps the brackets around it.
    for (;;) {
      at = skipSpace(bytes, at)
      if (depth === 0) return at === bytes.length ? undefined : found(at, "nothing more")
      const closing = closings[depth - 1]
      if (bytes[at] === COMMA) {
        at = skipSpace(bytes, at + 1)
        if (closing === CLOSE_ARRAY) break
        const value = keyEnd(bytes, at)
        if (value < 0) return found(fault(value), "a key in double quotes and a colon")
        at = value
        break
      }
      if (bytes[at] !== closing) return found(at, `a comma or ${closing === CLOSE_ARRAY ? "]" : "}"}`)
      depth--
      at++
    }
  }
}
