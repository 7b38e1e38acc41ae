/**
 * Bytes as text.
 *
 * @module
 */

/** Each byte in two digits of hex. */
export const hexBytes: ReadonlyArray<string> = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
)

/** Bytes in hex. */
export const hex = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) text += hexBytes[byte]
  return text
}
