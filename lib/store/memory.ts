/**
 * The store in memory: bounded counters and bounded values of one process (on Workers: of one isolate).
 *
 * Time is passed in.
 *
 * @module
 */
import { type BoundedMap, boundedMap } from "./bounded-map.ts"
import { type LastingCounters, lastingCounters } from "./lasting-counters.ts"
import type { Addition, Counter, SpendQuery, SpentPage } from "./counter.ts"

/** Bounds of the memory. */
export interface MemoryOptions {
  /**
   * The most counters of either kind held for each gateway; 100,000 by default, which is some 45 MB on Node once they
   * are all in use. Set it lower where memory is scarce: an isolate of Cloudflare Workers has 128 MB in all.
   *
   * Beyond it, the least recently used counter that may be evicted is. For a rate limit this means that a caller who
   * had paused starts again from zero: too many distinct keys make rates more generous, never stricter, and a counter
   * in use stays exact. Budgets must not be evicted, so new keys share one counter: too many distinct keys make
   * budgets stricter for new ones.
   */
  readonly maxCounters?: number
  /** The most bytes of values held, with their keys; 64 MiB by default. */
  readonly maxBytes?: number
  /** What shares this memory, as the store declares it; a process by default. */
  readonly among?: "process" | "isolate"
}

/** The memory; see `Store` for its methods. `now` is in milliseconds. */
export interface Memory {
  readonly add: (additions: ReadonlyArray<Addition>, now: number) => ReadonlyArray<number>
  readonly spent: (query: SpendQuery, now: number) => SpentPage
  readonly get: (key: string, now: number) => Uint8Array<ArrayBuffer> | undefined
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number, now: number) => void
  /** Whether this is the first call with a key within `ttl` milliseconds. */
  readonly once: (key: string, ttl: number, now: number) => boolean
  /** The number of counters, and the bytes that count against `maxBytes`. */
  readonly held: () => { readonly counters: number; readonly bytes: number }
}

/** The most counters of either kind that a gateway has by default. */
export const mostCounters = 100_000

/** The rough overhead of an entry beyond its value and key, so that a million empty values are bounded too. */
const bytesPerEntry = 128

/** The largest share of the memory for one value: a few large answers must not evict everything else. */
const largestShare = 1 / 8

/** The most keys that `once` remembers, the newest ones. */
const mostOnce = 10_000

/** The counters of one gateway. */
interface Room {
  readonly passing: BoundedMap<{ sum: number }>
  readonly lasting: LastingCounters
}

/** Creates an empty memory. */
export const makeMemory = (options: MemoryOptions = {}): Memory => {
  const maxBytes = options.maxBytes ?? 67_108_864
  const maxCounters = options.maxCounters ?? mostCounters
  /** As many as there are gateways in the settings. */
  const rooms = new Map<string, Room>()
  const roomOf = (gateway: string): Room => {
    let room = rooms.get(gateway)
    if (room === undefined) {
      room = { passing: boundedMap(maxCounters), lasting: lastingCounters(maxCounters) }
      rooms.set(gateway, room)
    }
    return room
  }
  const done = boundedMap<true>(mostOnce)
  const values = boundedMap<Uint8Array<ArrayBuffer>>(maxBytes)
  const count = ({ gateway, key, overflow }: Counter, now: number): number => {
    const room = rooms.get(gateway)
    if (room === undefined) return 0
    return overflow === undefined
      ? room.passing.get(key, now)?.sum ?? 0
      : room.lasting.count(key, overflow, now)
  }
  const add = ({ counter, by, ttl }: Addition, now: number): number => {
    const { gateway, key, overflow, spend } = counter
    const { passing, lasting } = roomOf(gateway)
    if (overflow !== undefined) return lasting.add(key, overflow, by, ttl, now, spend)
    const held = passing.get(key, now)
    if (held !== undefined) return held.sum += by
    passing.set(key, { sum: by }, 1, now + ttl, now)
    return by
  }
  return {
    add: (additions, now) =>
      additions.map((addition) => addition.by === 0 ? count(addition.counter, now) : add(addition, now)),
    spent: (query, now) => rooms.get(query.gateway)?.lasting.list(query, now) ?? { total: 0, spent: [] },
    get: (key, now) => values.get(key, now),
    set: (key, value, ttl, now) => {
      // A larger value is not kept, and must not leave an older one under its key.
      if (value.byteLength > maxBytes * largestShare) return values.delete(key)
      // A view would keep all of the buffer behind it alive.
      const own = value.byteLength === value.buffer.byteLength ? value : value.slice()
      values.set(key, own, own.byteLength + 2 * key.length + bytesPerEntry, now + ttl, now)
    },
    once: (key, ttl, now) => {
      if (done.get(key, now) !== undefined) return false
      done.set(key, true, 1, now + ttl, now)
      return true
    },
    held: () => {
      let counters = 0
      for (const { passing, lasting } of rooms.values()) counters += passing.size() + lasting.size()
      return { counters, bytes: values.weight() }
    },
  }
}
