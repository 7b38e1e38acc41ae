/**
 * The interruption of a request from outside, as a value that is passed down to whatever waits.
 *
 * @module
 */

/** Why a request is interrupted: its client has left, or the gateway stops. */
export type Interruption = "client_left" | "draining"

/** Is told of an interruption. An object, since every call has some: a closure, and one to forget it, would cost more. */
export interface CutListener {
  readonly interrupted: (reason: Interruption) => void
}

/** Says whether, and when, a request is interrupted. */
export interface Cut {
  /** `undefined` until it is interrupted. */
  readonly reason: Interruption | undefined
  /** Tells a listener once, when the request is interrupted, or at once if it is already. */
  readonly listen: (listener: CutListener) => void
  /** Tells a listener no more. */
  readonly forget: (listener: CutListener) => void
  /**
   * Calls back once, when the request is interrupted, or at once if it is already.
   *
   * @returns forgets the callback
   */
  readonly onCut: (callback: (reason: Interruption) => void) => () => void
}

const nothingToForget = (): void => {}

/** A cut, and the means to make it. */
export class CutSource implements Cut {
  #reason: Interruption | undefined
  readonly #listeners: Array<CutListener> = []

  get reason(): Interruption | undefined {
    return this.#reason
  }
  listen(listener: CutListener): void {
    if (this.#reason === undefined) this.#listeners.push(listener)
    else listener.interrupted(this.#reason)
  }
  forget(listener: CutListener): void {
    const index = this.#listeners.indexOf(listener)
    // The last one goes first, as calls are made within each other.
    if (index === this.#listeners.length - 1) this.#listeners.pop()
    else if (index !== -1) this.#listeners.splice(index, 1)
  }
  onCut(interrupted: CutListener["interrupted"]): () => void {
    const listener = { interrupted }
    this.listen(listener)
    return () => this.forget(listener)
  }
  /** Interrupts the request. Only the first call counts. */
  cut(reason: Interruption): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    for (const listener of this.#listeners.splice(0)) listener.interrupted(reason)
  }
}

/** For work that nothing interrupts. */
export const neverCut: Cut = {
  reason: undefined,
  listen: () => {},
  forget: () => {},
  onCut: () => nothingToForget,
}
