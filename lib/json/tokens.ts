/**
 * The bounds of JSON's parts in bytes.
 *
 * Values are skipped by their strings and brackets alone: their inside is not checked.
 *
 * @module
 */

/** The bytes that JSON's structure is made of. */
export const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a, COMMA = 0x2c
export const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d

/** Whether a byte is JSON's white space (RFC 8259 §2). */
export const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** The index of the first byte from `index` on that is not white space. */
export const skipSpace = (bytes: Uint8Array, index: number): number => {
  while (isSpace(bytes[index])) index++
  return index
}

/** How many bytes of a string are checked one by one: most are keys and words, shorter than a native search is worth. */
const nearby = 24

/** The index after the string that opens at `index`, or -1 if it does not close. */
export const stringEnd = (bytes: Uint8Array, index: number): number => {
  let at = index + 1
  for (const near = Math.min(at + nearby, bytes.length); at < near;) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    at += byte === BACKSLASH ? 2 : 1
  }
  for (let quote = bytes.indexOf(QUOTE, at); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slash = quote
    while (slash > at && bytes[slash - 1] === BACKSLASH) slash--
    if ((quote - slash) % 2 === 0) return quote + 1
  }
  return -1
}

/** The index after the value that starts at `index`, or -1 if it does not end. */
export const valueEnd = (bytes: Uint8Array, index: number): number => {
  if (bytes[index] === QUOTE) return stringEnd(bytes, index)
  let depth = 0
  for (let at = index; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at)
      if (end === -1) return -1
      at = end - 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) return at > index ? at : -1
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) {
      return at > index ? at : -1
    }
  }
  return -1
}
