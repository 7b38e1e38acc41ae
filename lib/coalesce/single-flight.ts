/**
 * Single flight: requests for the same work share one execution of it.
 *
 * Plain promises and a map, for hosts on which requests may wait for each other: Bun, Deno and Node, not Workers.
 *
 * @module
 */

/** What work in flight can observe and control. */
export interface InFlightControls {
  /**
   * Aborts once no subscriber is left: before the result, or after it while the result is in use. The work then releases
   * what it holds; a later result is dropped.
   */
  readonly signal: AbortSignal
  /** Accepts no more subscribers: the next request for the key starts anew. Present subscribers keep their result. */
  readonly close: () => void
}

/** One subscription to work in flight. */
export interface Subscription<A> {
  /** The result of the work, or its failure. */
  readonly result: Promise<A>
  /** Call it when done with the result, or to give it up. Later calls do nothing. */
  readonly leave: () => void
}

/** Work in flight, by key. */
export interface SingleFlight<A> {
  /** Joins the work of a key, or starts it at once. Work that has failed accepts no more subscribers. */
  readonly join: (key: string, start: (controls: InFlightControls) => Promise<A>) => Subscription<A>
}

interface InFlight<A> {
  result: Promise<A>
  readonly close: () => void
  readonly abort: () => void
  subscribers: number
}

const attempt = async <A>(work: () => Promise<A>): Promise<A> => await work()

/** Creates an empty registry of work in flight. */
export const makeSingleFlight = <A>(): SingleFlight<A> => {
  const open = new Map<string, InFlight<A>>()

  const begin = (key: string, start: (controls: InFlightControls) => Promise<A>): InFlight<A> => {
    const controller = new AbortController()
    const close = (): void => {
      // Closed work must not close its successor.
      if (open.get(key) === work) open.delete(key)
    }
    const work: InFlight<A> = {
      result: new Promise<never>(() => {}),
      close,
      abort: () => controller.abort(),
      subscribers: 0,
    }
    open.set(key, work)
    // A `start` that throws counts as failed work.
    work.result = attempt(() => start({ signal: controller.signal, close }))
    // Before subscribers see the failure, so that they can start anew; also prevents an unhandled rejection.
    work.result.catch(close)
    return work
  }

  return {
    join: (key, start) => {
      const work = open.get(key) ?? begin(key, start)
      work.subscribers++
      let isSubscribed = true
      return {
        result: work.result,
        leave: () => {
          if (!isSubscribed) return
          isSubscribed = false
          work.subscribers--
          if (work.subscribers > 0) return
          // Remove it from the map first: a request that arrives during the abort starts anew.
          work.close()
          work.abort()
        },
      }
    },
  }
}
