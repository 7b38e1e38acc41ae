/**
 * Concatenates chunks.
 *
 * @module
 */

/** The pieces in one new buffer of `size` bytes. */
export const concatBytes = (pieces: ReadonlyArray<Uint8Array>, size: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return bytes
}
