/**
 * Work that is in flight, shared by those who want the same.
 *
 * Plain promises and a map, for hosts on which requests may wait for each other: Bun, Deno and Node, not Workers.
 *
 * @module
 */

/** What the work is given. */
export interface InFlightControls {
  /**
   * Aborts once nobody wants the work any more: before its result, or after it while the result is in use.
   * The work then releases what it holds; a result that comes later is dropped.
   */
  readonly signal: AbortSignal
  /** Lets nobody else join: the next to ask for the key starts anew. Those who have joined keep their result. */
  readonly close: () => void
}

/** One subscriber's share of work in flight. */
export interface Subscription<A> {
  /** The result of the work, or its failure. */
  readonly result: Promise<A>
  /** To be called when one is done with the result, or does not want it. Later calls do nothing. */
  readonly leave: () => void
}

/** Work in flight, by key. */
export interface SingleFlight<A> {
  /** Joins the work of this key; if there is none, starts it at once. Work that has failed takes no more subscribers. */
  readonly join: (key: string, start: (controls: InFlightControls) => Promise<A>) => Subscription<A>
}

interface InFlight<A> {
  result: Promise<A>
  readonly close: () => void
  readonly abort: () => void
  subscribers: number
}

const attempt = async <A>(work: () => Promise<A>): Promise<A> => await work()

/** No work yet. */
export const makeSingleFlight = <A>(): SingleFlight<A> => {
  const open = new Map<string, InFlight<A>>()

  const begin = (key: string, start: (controls: InFlightControls) => Promise<A>): InFlight<A> => {
    const controller = new AbortController()
    const close = (): void => {
      // Work that is closed already must not close its successor.
      if (open.get(key) === work) open.delete(key)
    }
    const work: InFlight<A> = {
      result: new Promise<never>(() => {}),
      close,
      abort: () => controller.abort(),
      subscribers: 0,
    }
    open.set(key, work)
    // A `start` that throws is work that fails.
    work.result = attempt(() => start({ signal: controller.signal, close }))
    // Before any subscriber hears of the failure, so that it can start anew; and there may be none who listens.
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
          // First out of the map: whoever joins while the work is aborted starts anew.
          work.close()
          work.abort()
        },
      }
    },
  }
}
