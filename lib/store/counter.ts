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
  /** What is spent, if the counter is of money: such a counter outlives the process where the store can, and is listed. */
  readonly spend?: Spend
}

/** What a counter of money is about. */
export interface Spend {
  /** The rule, which differs from all others of the gateway. */
  readonly rule: string
  /** The number of the period; the one before has the next lower. */
  readonly period: number
  /** Names and values by turns, for people to read; empty where there is one counter for all. Asked for new counters only. */
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
  /** How much of what the period before has spent counts as well, from 0 to 1. */
  readonly carried: number
  /** How many are listed at most. */
  readonly most: number
}

/** What one partition has spent. */
export interface Spent {
  /** `undefined` for what those share who found no room for a counter of their own. */
  readonly partition: ReadonlyArray<string> | undefined
  readonly previous: number
  readonly current: number
}

/** The partitions that have spent most, in descending order. */
export interface SpentPage {
  /** How many there are in all. */
  readonly total: number
  readonly spent: ReadonlyArray<Spent>
}
