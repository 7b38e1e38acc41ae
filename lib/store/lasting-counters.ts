/**
 * A bounded number of counters that are never evicted before they expire; those without room share one. Needs no
 * timer: each addition also checks a few counters in turn, and drops those that have expired. @module
 */

import type { Spend, SpendQuery, Spent, SpentPage } from "./counter.ts"

/** The counters. Times are milliseconds of one clock. */
export interface LastingCounters {
  /**
   * Adds to a counter and returns the sum. If there is no room for another counter, `overflow` is used instead. Until
   * that one expires, it stands for all keys without a counter of their own, so that none of them starts again from
   * zero.
   */
  readonly add: (
    key: string,
    overflow: string,
    by: number,
    ttl: number,
    now: number,
    spend?: Spend,
  ) => number
  /** The sum of a counter, or of the one that stands for it; 0 if neither exists. */
  readonly count: (key: string, overflow: string, now: number) => number
  /** Lists counters of money. Scans all counters. */
  readonly list: (query: SpendQuery, now: number) => SpentPage
  /** The number of counters, including expired ones that were not removed yet. */
  readonly size: () => number
}

interface Counter {
  sum: number
  readonly expires: number
  readonly spend: (Pick<Spend, "rule" | "period"> & Pick<Spent, "partition">) | undefined
}

/** How many counters each addition checks, if there is room and if there is not. */
const glances = { room: 2, full: 32 }

/** Creates an empty set for at most `most` counters, not counting shared ones. */
export const lastingCounters = (most: number): LastingCounters => {
  const own = new Map<string, Counter>()
  const shared = new Map<string, Counter>()
  let round = own.entries()

  const liveIn = (counters: Map<string, Counter>, key: string, now: number): Counter | undefined => {
    const counter = counters.get(key)
    if (counter === undefined || counter.expires > now) return counter
    counters.delete(key)
    return undefined
  }

  const lookAround = (now: number): void => {
    for (let left = own.size < most ? glances.room : glances.full; left > 0; left--) {
      const { done, value } = round.next()
      if (done) round = own.entries()
      else if (value[1].expires <= now) own.delete(value[0])
    }
  }

  const begin = (
    counters: Map<string, Counter>,
    key: string,
    expires: number,
    spend: Spend | undefined,
    partition: Spent["partition"],
  ): Counter => {
    const counter = {
      sum: 0,
      expires,
      spend: spend && { rule: spend.rule, period: spend.period, partition },
    }
    counters.set(key, counter)
    return counter
  }
  const beginOwn = (key: string, expires: number, spend: Spend | undefined): Counter =>
    begin(own, key, expires, spend, spend?.partition())

  /** There are no more of these than rules and windows. */
  const beginShared = (
    key: string,
    overflow: string,
    expires: number,
    now: number,
    spend: Spend | undefined,
  ): Counter => {
    for (const [other, counter] of shared) if (counter.expires <= now) shared.delete(other)
    return begin(shared, overflow, expires, spend, key === overflow ? spend?.partition() : undefined)
  }

  return {
    add: (key, overflow, by, ttl, now, spend) => {
      let counter = liveIn(own, key, now) ?? liveIn(shared, overflow, now)
      if (counter === undefined) {
        lookAround(now)
        counter = own.size < most
          ? beginOwn(key, now + ttl, spend)
          : beginShared(key, overflow, now + ttl, now, spend)
      }
      return counter.sum += by
    },
    count: (key, overflow, now) => (liveIn(own, key, now) ?? liveIn(shared, overflow, now))?.sum ?? 0,
    list: (query, now) => {
      const found = new Map<string, { -readonly [Name in keyof Spent]: Spent[Name] }>()
      for (const counters of [own, shared]) {
        for (const { sum, expires, spend } of counters.values()) {
          if (spend?.rule !== query.rule || expires <= now) continue
          const age = query.period - spend.period
          if (age !== 0 && (age !== 1 || query.carried === 0)) continue
          const name = JSON.stringify(spend.partition ?? null)
          const spent = found.get(name) ?? { partition: spend.partition, previous: 0, current: 0 }
          found.set(name, spent)
          spent[age === 0 ? "current" : "previous"] += sum
        }
      }
      return mostSpent([...found.values()], query)
    },
    size: () => own.size + shared.size,
  }
}

const mostSpent = (found: Array<Spent>, { carried, most }: SpendQuery): SpentPage => {
  const weight = ({ previous, current }: Spent): number => current + carried * previous
  return { total: found.length, spent: found.sort((a, b) => weight(b) - weight(a)).slice(0, most) }
}
