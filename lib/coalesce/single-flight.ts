/**
 * Work that is under way, shared by those who want the same.
 *
 * Plain promises and a map, where requests may wait for each other: on Bun, Deno and Node, not on Workers.
 *
 * @module
 */

/** What the work is given. */
export interface InFlightControls {
  /**
   * Aborts once nobody wants the work any more: before its result, or after it while the result is in use.
   * What the work holds is to be released then; a result that comes later is taken by nobody.
   */
  readonly signal: AbortSignal
  /** Lets nobody else join: the next to ask for the key starts anew. Those who have joined are not touched. */
  readonly close: () => void
}

/** A place in a flight. */
export interface Subscription<A> {
  /** The result of the work, or its failure. */
  readonly result: Promise<A>
  /** Gives the place up: to be called when one is done with the result, or does not want it. Later calls do nothing. */
  readonly leave: () => void
}

/** Work under way, by key. */
export interface SingleFlight<A> {
  /** Joins the work of this key; where there is none, starts it at once. Work that fails takes nobody else. */
  readonly join: (key: string, start: (controls: InFlightControls) => Promise<A>) => Subscription<A>
}

interface Flight<A> {
  result: Promise<A>
  readonly close: () => void
  readonly abort: () => void
  seats: number
}

const attempt = async <A>(work: () => Promise<A>): Promise<A> => await work()

/** No work yet. */
export const makeSingleFlight = <A>(): SingleFlight<A> => {
  const open = new Map<string, Flight<A>>()

  const depart = (key: string, start: (controls: InFlightControls) => Promise<A>): Flight<A> => {
    const controller = new AbortController()
    const close = (): void => {
      // A flight that is closed already must not close its successor.
      if (open.get(key) === flight) open.delete(key)
    }
    const flight: Flight<A> = {
      result: new Promise<never>(() => {}),
      close,
      abort: () => controller.abort(),
      seats: 0,
    }
    open.set(key, flight)
    // A `start` that throws is work that fails.
    flight.result = attempt(() => start({ signal: controller.signal, close }))
    // Before any who wait hear of the failure, so that they can start anew; and nobody may be waiting.
    flight.result.catch(close)
    return flight
  }

  return {
    join: (key, start) => {
      const flight = open.get(key) ?? depart(key, start)
      flight.seats++
      let seated = true
      return {
        result: flight.result,
        leave: () => {
          if (!seated) return
          seated = false
          flight.seats--
          if (flight.seats > 0) return
          // First out of the map: whoever joins while the work is aborted starts anew.
          flight.close()
          flight.abort()
        },
      }
    },
  }
}
