/**
 * The running requests: counted until their records are published, and cut together when the gateway stops.
 *
 * @module
 */
import { Roster } from "../bytes/roster.ts"
import type { Exchange } from "../exchange.ts"

/** Waits for work that never fails, for a limited number of milliseconds. */
export const within = (milliseconds: number, work: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void work.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })

/** Counts requests, and tracks those without an answer. */
export class RunningRequests {
  #count = 0
  #idleWaiters: Array<() => void> = []
  readonly #unanswered = new Roster<Exchange>()

  began(): void {
    this.#count++
  }
  /** The record of a request has been published. */
  published(): void {
    if (--this.#count > 0) return
    for (const resume of this.#idleWaiters.splice(0)) resume()
  }
  /** Work on its answer begins. */
  working(exchange: Exchange): void {
    this.#unanswered.add(exchange)
  }
  answered(exchange: Exchange): void {
    this.#unanswered.delete(exchange)
  }
  /** Resolves once no request is running. */
  async idle(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }
  /** Cuts all requests without an answer. */
  cutUnanswered(): void {
    for (const exchange of this.#unanswered.all()) exchange.cut.cut("draining")
  }
}
