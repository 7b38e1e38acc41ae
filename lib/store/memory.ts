/**
 * The store in memory: bounded counters and bounded values of one process (on Workers: of one isolate).
 *
 * Time is passed in.
 *
 * @module
 */
import { boundedMap } from "./bounded-map.ts"

/** Bounds of the memory. */
export interface MemoryOptions {
  /**
   * The most counters held; 250,000 by default, which is some 110 MB on Node once they are all in use. Set it
   * lower where memory is scarce: an isolate of Cloudflare Workers has 128 MB in all.
   *
   * Beyond it, the counter that was left alone the longest is forgotten. For a limit this means that a caller
   * who had paused starts again from zero: too many distinct keys make limits more generous, never stricter,
   * and a counter that is in use (a gateway's own, a busy caller's) stays exact.
   */
  readonly maxCounters?: number
  /** The most bytes of values held, with their keys; 64 MiB by default. */
  readonly maxBytes?: number
}

/** The memory; see `Store` for what its methods promise. `now` is in milliseconds. */
export interface Memory {
  readonly add: (key: string, by: number, ttl: number, now: number) => number
  readonly count: (key: string, now: number) => number
  readonly get: (key: string, now: number) => Uint8Array<ArrayBuffer> | undefined
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number, now: number) => void
  /** What is held: the number of counters, and the bytes that count against `maxBytes`. */
  readonly held: () => { readonly counters: number; readonly bytes: number }
}

/** What an entry costs beside its value and key, roughly; so that a million empty values are bounded too. */
const bytesPerEntry = 128

/** One value may take this part of all the room: a few large answers must not drive out everything else. */
const largestShare = 1 / 8

/** Makes an empty memory. */
export const makeMemory = (options: MemoryOptions = {}): Memory => {
  const maxBytes = options.maxBytes ?? 67_108_864
  const counters = boundedMap<{ sum: number }>(options.maxCounters ?? 250_000)
  const values = boundedMap<Uint8Array<ArrayBuffer>>(maxBytes)
  return {
    add: (key, by, ttl, now) => {
      const counter = counters.get(key, now)
      if (counter !== undefined) return counter.sum += by
      counters.set(key, { sum: by }, 1, now + ttl, now)
      return by
    },
    count: (key, now) => counters.get(key, now)?.sum ?? 0,
    get: (key, now) => values.get(key, now),
    set: (key, value, ttl, now) => {
      // A larger value is not kept, but neither is the older one under its key.
      if (value.byteLength > maxBytes * largestShare) return values.delete(key)
      // A view would keep all of the buffer behind it alive.
      const own = value.byteLength === value.buffer.byteLength ? value : value.slice()
      values.set(key, own, own.byteLength + 2 * key.length + bytesPerEntry, now + ttl, now)
    },
    held: () => ({ counters: counters.size(), bytes: values.weight() }),
  }
}
