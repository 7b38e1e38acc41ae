/**
 * The counters of a store, and what is added to them.
 *
 * @module
 */

/** A counter: where it stands, and what becomes of it where there is no room. */
export interface Counter {
  /** Whose it is. Each gateway has room of its own, so that what comes to one pushes nothing out of another's. */
  readonly gateway: string
  readonly key: string
  /**
   * The counter that is added to where this one finds no room. It is for what must not be forgotten before its time;
   * without it, the counter that was left alone the longest makes room.
   */
  readonly overflow?: string
}

/** What is to be added to a counter. */
export interface Addition {
  readonly counter: Counter
  /** May be negative, or a fraction. 0 reads the counter, and begins none. */
  readonly by: number
  /** How long the counter lives from its first addition, in milliseconds; later ones don't prolong it. */
  readonly ttl: number
}
