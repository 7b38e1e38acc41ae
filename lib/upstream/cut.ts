/**
 * The interruption of a request from outside, as a value that is passed down to whatever waits.
 *
 * @module
 */

/** Why a request is interrupted: its client has left, or the gateway stops. */
export type Interruption = "client_left" | "draining"

/** Says whether, and when, a request is interrupted. */
export interface Cut {
  /** `undefined` until it is interrupted. */
  readonly reason: Interruption | undefined
  /**
   * Calls back once, when the request is interrupted, or at once if it is already.
   *
   * @returns forgets the callback
   */
  readonly onCut: (callback: (reason: Interruption) => void) => () => void
}

type Callback = (reason: Interruption) => void

const nothingToForget = (): void => {}

/** A cut, and the means to make it. */
export class CutSource implements Cut {
  #reason: Interruption | undefined
  readonly #callbacks: Array<Callback> = []

  get reason(): Interruption | undefined {
    return this.#reason
  }
  onCut(callback: Callback): () => void {
    if (this.#reason !== undefined) {
      callback(this.#reason)
      return nothingToForget
    }
    this.#callbacks.push(callback)
    return () => {
      const index = this.#callbacks.indexOf(callback)
      if (index !== -1) this.#callbacks.splice(index, 1)
    }
  }
  /** Interrupts the request. Only the first call counts. */
  cut(reason: Interruption): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    for (const callback of this.#callbacks.splice(0)) callback(reason)
  }
}

/** For work that nothing interrupts. */
export const neverCut: Cut = { reason: undefined, onCut: () => nothingToForget }
