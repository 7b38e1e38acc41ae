/**
 * Changes the texts of a body as it passes.
 *
 * @module
 */

/** Takes a body piece by piece, and gives what of it may go on. */
export interface BodyRewriter {
  /** Takes the next bytes, which it does not change. Throws `RangeError` if it would have to hold too much. */
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** What is still held when the body has ended. */
  readonly finish: () => Uint8Array
}
