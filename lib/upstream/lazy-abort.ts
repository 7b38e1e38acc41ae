/**
 * A lazily created `AbortController` for one upstream call.
 *
 * @module
 */

/** How a transport learns that its call is aborted. */
export interface Abort {
  /** For `fetch`. Created on first use: it costs Node (20) more than all else that is done to guard a call. */
  readonly signal: () => AbortSignal
  /** Calls back when the call is aborted, at once if it is already. */
  readonly onAbort: (callback: () => void) => void
}

const once = { once: true }

/** Calls back when a signal aborts, at once if it has already. */
export const onAbort = (signal: AbortSignal, callback: () => void): void => {
  if (signal.aborted) callback()
  else signal.addEventListener("abort", callback, once)
}

/** The `Abort` of a signal. */
export const abortOf = (signal: AbortSignal): Abort => ({
  signal: () => signal,
  onAbort: (callback) => onAbort(signal, callback),
})

/** An abort source; its `AbortSignal` is only allocated if asked for. */
export class LazyAbortController implements Abort {
  #controller: AbortController | undefined
  #callbacks: Array<() => void> | undefined
  #aborted = false
  // Not methods: transports may take them out of the object.
  readonly signal: Abort["signal"] = () => this.#signal()
  readonly onAbort: Abort["onAbort"] = (callback) => {
    if (this.#aborted) callback()
    else if (this.#callbacks === undefined) this.#callbacks = [callback]
    else this.#callbacks.push(callback)
  }

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort()
    }
    return this.#controller.signal
  }
  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#controller?.abort()
    for (const callback of this.#callbacks ?? []) callback()
    this.#callbacks = undefined
  }
}
