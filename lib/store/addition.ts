/**
 * The counters of a store, and what is added to them.
 *
 * @module
 */

/** A counter: its place, and what happens to it if there is no room. */
export interface Counter {
  /** The gateway it belongs to. Each gateway has room of its own, so that one cannot evict another's counters. */
  readonly gateway: string
  readonly key: string
  /**
   * The counter to use if there is no room for this one, for counters that must not be evicted before they expire. If
   * absent, the least recently used counter makes room.
   */
  readonly overflow?: string
}

/** An addition to a counter. */
export interface Addition {
  readonly counter: Counter
  /** May be negative, or a fraction. 0 reads the counter without creating it. */
  readonly by: number
  /** How long the counter lives from its first addition, in milliseconds; later additions do not extend it. */
  readonly ttl: number
}
