/**
 * What rewrites the texts of a body as it streams.
 *
 * @module
 */

/** Takes a body piece by piece and returns the parts that may be sent. */
export interface BodyRewriter {
  /** Takes the next bytes, without changing that array. Throws `RangeError` if it would have to buffer too much. */
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** Ends the body and returns what is still buffered. */
  readonly finish: () => Uint8Array
}
