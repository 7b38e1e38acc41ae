/**
 * Word that a call is to end.
 *
 * @module
 */

/** What a transport is given to know when its call is to end. */
export interface Abort {
  /** For `fetch`. Made when it is first asked for: it costs Node (20) more than all else that is done to watch a call. */
  readonly signal: () => AbortSignal
  /** Calls back when the call is to end, at once where that is so already. */
  readonly onAbort: (callback: () => void) => void
}

/** The word that a signal gives. */
export const abortOf = (signal: AbortSignal): Abort => ({
  signal: () => signal,
  onAbort: (callback) => {
    if (signal.aborted) callback()
    else signal.addEventListener("abort", callback, { once: true })
  },
})

/** An `Abort`, and who may say the word. */
export interface LazyAbortController extends Abort {
  readonly abort: () => void
}

/** Makes word of an end that is yet to come. */
export const makeLazyAbort = (): LazyAbortController => {
  let controller: AbortController | undefined
  let callbacks: Array<() => void> = []
  let aborted = false
  return {
    signal: () => {
      if (controller === undefined) {
        controller = new AbortController()
        if (aborted) controller.abort()
      }
      return controller.signal
    },
    onAbort: (callback) => aborted ? callback() : void callbacks.push(callback),
    abort: () => {
      if (aborted) return
      aborted = true
      controller?.abort()
      for (const callback of callbacks) callback()
      callbacks = []
    },
  }
}
