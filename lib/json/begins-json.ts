/**
 * Whether to read a body as JSON, by how it begins.
 *
 * @module
 */

/** Blanks, and the bytes of the byte order mark, which parsers skip. */
const skipped: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0xef, 0xbb, 0xbf])
const QUOTE = 0x22, OPEN_ARRAY = 0x5b, OPEN_OBJECT = 0x7b

/** Whether there is nothing but blanks. */
export const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => skipped.has(byte))

/** Whether bytes begin as an object, a list or a text does, behind however many blanks. */
export const beginsJson = (bytes: Uint8Array): boolean => {
  const first = bytes.find((byte) => !skipped.has(byte))
  return first === OPEN_OBJECT || first === OPEN_ARRAY || first === QUOTE
}
