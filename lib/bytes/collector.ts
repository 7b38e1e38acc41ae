/**
 * Collects a body as it passes, unless it grows too long.
 *
 * @module
 */

/** A body being collected. */
export interface Collector {
  /** Takes a copy of the next bytes. */
  readonly push: (chunk: Uint8Array) => void
  /** Everything so far; `undefined` if it has exceeded the limit. */
  readonly whole: () => Uint8Array<ArrayBuffer> | undefined
}

/**
 * Starts to collect a body of up to `limit` bytes. A longer one is dropped at once.
 *
 * Bytes are copied: a chunk is often a small view of a large buffer, which it would keep alive.
 */
export const collect = (limit: number): Collector => {
  let buffer: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0)
  let length = 0
  return {
    push: (chunk) => {
      if (buffer === undefined) return
      const needed = length + chunk.byteLength
      if (needed > limit) {
        buffer = undefined
        return
      }
      if (needed > buffer.byteLength) {
        const grown = new Uint8Array(Math.min(limit, Math.max(needed, 2 * buffer.byteLength)))
        grown.set(buffer.subarray(0, length))
        buffer = grown
      }
      buffer.set(chunk, length)
      length = needed
    },
    whole: () => buffer?.subarray(0, length),
  }
}
