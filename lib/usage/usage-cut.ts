/**
 * Finds what `include_usage` put into a chunk of a chat completion.
 *
 * One pass over the bytes that tells strings, brackets and commas apart, and makes no strings: it runs for every
 * event that names a usage. What a model wrote lies within a string, however much it looks like JSON.
 *
 * @module
 */

/** Bytes to leave out, from `start` to before `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const TAB = 0x09, LF = 0x0a, CR = 0x0d, SPACE = 0x20
const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, BACKSLASH = 0x5c, LETTER_F = 0x66, LETTER_N = 0x6e
const OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d

const keyOf = (name: string) => new TextEncoder().encode(JSON.stringify(name))
const usageKey = keyOf("usage"), choicesKey = keyOf("choices"), errorKey = keyOf("error")

const isSpace = (byte: number | undefined): boolean =>
  byte === SPACE || byte === LF || byte === CR || byte === TAB

/** The index of the first byte from `at` on that is not JSON white space, at most `end`. */
const skipSpace = (bytes: Uint8Array, at: number, end: number): number => {
  while (at < end && isSpace(bytes[at])) at++
  return at
}

/** The index of the quote that closes the string which opens at `at`; not before `end` if there is none. */
const stringEnd = (bytes: Uint8Array, at: number, end: number): number => {
  for (at++; at < end && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++
  return at
}

/** Whether the string from one quote to the other is this key, as every server writes it: without escapes. */
const isKey = (key: Uint8Array, bytes: Uint8Array, open: number, close: number): boolean => {
  if (close - open !== key.length - 1) return false
  for (let at = 1; at < key.length; at++) if (bytes[open + at] !== key[at]) return false
  return true
}

/**
 * What to leave out of the one line of JSON that `bytes` hold from `start` to `end`, line breaks at its end included:
 * the object's member `usage` with a comma, or `all` of it if usage is what it was sent for, that is, `choices` is
 * empty, null or not there, and there is no error. An empty `choices` beside a null is not: Azure reports prompt
 * filters so. `undefined` if `usage` is neither an object nor null, is there twice or not at all, or the bytes are not one object.
 */
export const usageCut = (bytes: Uint8Array, start: number, end: number): ByteRange | "all" | undefined => {
  let at = skipSpace(bytes, start, end)
  if (bytes[at] !== OPEN_OBJECT) return undefined
  let depth = 0
  /** Where the member at hand starts: at the comma before it, or at the root's bracket. */
  let member = at
  let expectsKey = true
  let usage: { readonly start: number; readonly isObject: boolean; end: number } | undefined
  let isEmpty = true
  let hasError = false
  for (; at < end; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        const close = stringEnd(bytes, at, end)
        if (expectsKey) {
          expectsKey = false
          const colon = skipSpace(bytes, close + 1, end)
          if (bytes[colon] !== COLON) return undefined
          const value = skipSpace(bytes, colon + 1, end)
          if (isKey(usageKey, bytes, at, close)) {
            const isObject = bytes[value] === OPEN_OBJECT
            if (usage !== undefined || (!isObject && bytes[value] !== LETTER_N)) return undefined
            usage = { start: member, isObject, end: -1 }
          } else if (isKey(choicesKey, bytes, at, close)) {
            isEmpty = bytes[value] === LETTER_N ||
              (bytes[value] === OPEN_ARRAY && bytes[skipSpace(bytes, value + 1, end)] === CLOSE_ARRAY)
          } else if (isKey(errorKey, bytes, at, close)) {
            hasError = bytes[value] !== LETTER_N && bytes[value] !== LETTER_F
          }
        }
        at = close
        break
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth++
        break
      case LF:
      case CR:
        return undefined
      case COMMA:
        if (depth !== 1) break
        if (usage?.end === -1) usage.end = at
        member = at
        expectsKey = true
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (--depth > 0) break
        if (usage === undefined || skipSpace(bytes, at + 1, end) < end) return undefined
        if (usage.isObject && isEmpty && !hasError) return "all"
        if (usage.end === -1) usage.end = at
        return bytes[usage.start] === COMMA
          ? { start: usage.start, end: usage.end }
          : { start: usage.start + 1, end: bytes[usage.end] === COMMA ? usage.end + 1 : usage.end }
    }
  }
  return undefined
}
