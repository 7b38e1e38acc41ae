/**
 * Counters that are not forgotten before their time, in a bounded number: what finds no room is counted together.
 *
 * Needs no timer: each addition also looks at some counters of a round through all of them, and lets go of those that
 * have expired.
 *
 * @module
 */

/** The counters. Times are milliseconds of one clock. */
export interface LastingCounters {
  /**
   * Adds to a counter and gives the sum. Where there is no room for another counter, `overflow` is added to in its place,
   * and goes on to stand for all that have none of their own until it expires: none of them may begin anew meanwhile.
   */
  readonly add: (key: string, overflow: string, by: number, ttl: number, now: number) => number
  /** The sum of a counter, or of the one that stands for it; 0 where there is neither. */
  readonly count: (key: string, overflow: string, now: number) => number
  /** How many are held; expired ones count until they leave. */
  readonly size: () => number
}

interface Counter {
  sum: number
  readonly expires: number
}

/** How many counters are looked at where there is room, and where room is wanted. */
const glances = { room: 2, full: 32 }

/** Makes none yet, and at most `most` beside those that stand for others. */
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

  /** There are as few as there are rules, and times that they look back at. */
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
