/**
 * The interruption of a request from outside, as a value that is passed down to whatever waits.
 *
 * @module
 */

/** Why a request is interrupted: its client has left, or the gateway stops. */
export type Interruption = "client_left" | "draining"

/** Listens for an interruption. An object, since every call has some: a closure, and one to forget it, would cost more. */
export interface CutListener {
  readonly interrupted: (reason: Interruption) => void
}

/** Says whether, and when, a request is interrupted. */
export interface Cut {
  /** `undefined` until it is interrupted. */
  readonly reason: Interruption | undefined
  /** Tells a listener once, when the request is interrupted, or at once if it is already. */
  readonly listen: (listener: CutListener) => void
  /** Removes a listener. */
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
  /** `undefined` until there is one: an empty list that grows makes room for many. */
  #listeners: Array<CutListener> | undefined

  get reason(): Interruption | undefined {
    return this.#reason
  }
  listen(listener: CutListener): void {
    if (this.#reason !== undefined) listener.interrupted(this.#reason)
    else if (this.#listeners === undefined) this.#listeners = [listener]
    else this.#listeners.push(listener)
  }
  forget(listener: CutListener): void {
    const listeners = this.#listeners
    if (listeners === undefined) return
    const index = listeners.indexOf(listener)
    // The last one goes first, as calls are made within each other.
    if (index === listeners.length - 1) listeners.pop()
    else if (index !== -1) listeners.splice(index, 1)
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
    const listeners = this.#listeners ?? []
    this.#listeners = undefined
    for (const listener of listeners) listener.interrupted(reason)
  }
}

/** For work that nothing interrupts. */
export const neverCut: Cut = {
  reason: undefined,
  listen: () => {},
  forget: () => {},
  onCut: () => nothingToForget,
}
