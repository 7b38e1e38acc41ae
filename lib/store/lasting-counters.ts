/**
 * A bounded number of counters that are never evicted before they expire: those without room share one.
 *
 * Needs no timer: each addition also checks a few counters in turn, and drops those that have expired.
 *
 * @module
 */

/** The counters. Times are milliseconds of one clock. */
export interface LastingCounters {
  /**
   * Adds to a counter and returns the sum. If there is no room for another counter, `overflow` is used in its place, and
   * goes on to stand for all without a counter of their own until it expires: none of them may begin anew meanwhile.
   */
  readonly add: (key: string, overflow: string, by: number, ttl: number, now: number) => number
  /** The sum of a counter, or of the one that stands for it; 0 if neither exists. */
  readonly count: (key: string, overflow: string, now: number) => number
  /** How many are held; expired ones count until they leave. */
  readonly size: () => number
}

interface Counter {
  sum: number
  readonly expires: number
}

/** How many counters are checked while there is room, and when there is not. */
const glances = { room: 2, full: 32 }

/** Creates an empty set, for at most `most` counters beside those that stand for others. */
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

  const begin = (counters: Map<string, Counter>, key: string, expires: number): Counter => {
    const counter = { sum: 0, expires }
    counters.set(key, counter)
    return counter
  }

  /** As few as there are rules and windows. */
  const beginShared = (key: string, expires: number, now: number): Counter => {
    for (const [other, counter] of shared) if (counter.expires <= now) shared.delete(other)
    return begin(shared, key, expires)
  }

  return {
    add: (key, overflow, by, ttl, now) => {
      let counter = liveIn(own, key, now) ?? liveIn(shared, overflow, now)
      if (counter === undefined) {
        lookAround(now)
        counter = own.size < most ? begin(own, key, now + ttl) : beginShared(overflow, now + ttl, now)
      }
      return counter.sum += by
    },
    count: (key, overflow, now) => (liveIn(own, key, now) ?? liveIn(shared, overflow, now))?.sum ?? 0,
    size: () => own.size + shared.size,
  }
}
