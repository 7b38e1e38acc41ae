/**
 * The counters of a store, and additions to them.
 *
 * @module
 */

/** A counter: where it is kept, and what happens if there is no room for it. */
export interface Counter {
  /**
   * The gateway that it belongs to. Each gateway has room of its own, so that one cannot evict another's counters.
   */
  readonly gateway: string
  readonly key: string
  /**
   * For counters that must not be evicted before they expire: the counter to use if there is no room for this one. If
   * absent, the least recently used counter is evicted.
   */
  readonly overflow?: string
  /** For counters of money, which outlive the process if the store can keep them, and are listed. */
  readonly spend?: Spend
}

/** What a counter of money counts. */
export interface Spend {
  /** The rule, unique within the gateway. */
  readonly rule: string
  /** The number of the period; the previous one has the next lower number. */
  readonly period: number
  /**
   * Alternating names and values, in readable form; empty if there is one counter for all. Called for new counters
   * only.
   */
  readonly partition: () => ReadonlyArray<string>
}

/** An addition to a counter. */
export interface Addition {
  readonly counter: Counter
  /** May be negative, or a fraction. 0 reads the counter without creating it. */
  readonly by: number
  /** How long the counter lives from its first addition, in milliseconds; later additions do not extend it. */
  readonly ttl: number
}

/** Which counters of money to list. */
export interface SpendQuery {
  readonly gateway: string
  readonly rule: string
  readonly period: number
  /** The share of the previous period's spending that counts as well, from 0 to 1. */
  readonly carried: number
  /** The most partitions to list. */
  readonly most: number
}

/** What one partition has spent. */
export interface Spent {
  /** `undefined` for the counter shared by partitions that have none of their own, for lack of room. */
  readonly partition: ReadonlyArray<string> | undefined
  readonly previous: number
  readonly current: number
}

/** The partitions that have spent most, in descending order. */
export interface SpentPage {
  /** The number of all partitions. */
  readonly total: number
  readonly spent: ReadonlyArray<Spent>
}
