/**
 * Where events begin and end. Lines end with CR, LF or both, and a blank line ends an event (the HTML standard's event
 * stream format).
 *
 * @module
 */

const LF = 0x0a, CR = 0x0d, COLON = 0x3a

/** The index of the next line break, or -1. */
export const lineEnd = (bytes: Uint8Array, from: number): number => {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === LF || bytes[at] === CR) return at
  return -1
}

/**
 * The index behind the last blank line that ends within `from` and `to`; 0 if there is none. What lies before the bytes
 * counts as a line's end, so that an LF whose CR has ended an event is a blank line.
 */
export const lastEventEnd = (bytes: Uint8Array, from: number, to: number): number => {
  for (let at = to - 1; at >= from; at--) {
    const byte = bytes[at] ?? 0
    // One comparison for nearly all bytes.
    if (byte > CR || (byte !== LF && byte !== CR)) continue
    const before = bytes[byte === LF && bytes[at - 1] === CR ? at - 2 : at - 1]
    if (before === undefined || before === LF || before === CR) return at + 1
  }
  return 0
}

/** The index behind the blank line that ends the event at `at`, or behind the bytes. */
export const eventEnd = (bytes: Uint8Array, at: number): number => {
  for (let end = lineEnd(bytes, at); end !== -1;) {
    const line = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1
    const first = bytes[line]
    if (first === LF) return line + 1
    if (first === CR) return bytes[line + 1] === LF ? line + 2 : line + 1
    end = lineEnd(bytes, line)
  }
  return bytes.length
}

/**
 * The index behind the comments that begin at `at`, as far as their lines have ended. A comment before an event does not
 * belong to it: it may be there to keep the connection alive.
 *
 * @param from the first byte that may end the first of them
 */
export const skipComments = (bytes: Uint8Array, at: number, from: number): number => {
  while (bytes[at] === COLON) {
    const end = lineEnd(bytes, Math.max(at, from))
    if (end === -1) break
    at = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1
  }
  return at
}
