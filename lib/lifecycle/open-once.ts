/**
 * Opens something once, when it is first used.
 *
 * @module
 */
import * as Result from "effect/Result"
import { type Awaitable, whenReady } from "../time/awaitable.ts"

/** What was opened, or why it could not be. */
type Opened<A> = Result.Result<A, string>

const valueOf = <A>(opened: Opened<A>): A | undefined => Result.isSuccess(opened) ? opened.success : undefined

/** What opens once. */
export interface Once<A> {
  /** Opens at the first call; a call in the meantime waits with it. */
  readonly get: () => Awaitable<Opened<A>>
  /** What has been opened, or is being; `undefined` if nothing is. */
  readonly begun: () => Awaitable<A | undefined>
  /** What has been opened. */
  readonly opened: () => A | undefined
}

/**
 * Makes what opens once; after a failure again, if what it depends on has changed since.
 *
 * @param stamp differs when that has changed; `undefined` if it cannot
 * @param onDefect what is thrown is not thrown on
 */
export const openOnce = <A>(
  open: () => Awaitable<Opened<A>>,
  stamp: () => string | undefined,
  onDefect: (defect: unknown) => Opened<A>,
): Once<A> => {
  let opened: Awaitable<Opened<A>> | undefined
  let before: string | undefined
  const begin = (): Awaitable<Opened<A>> => {
    try {
      before = stamp()
      const opening = open()
      if (!(opening instanceof Promise)) return opened = opening
      const settled = opening.catch(onDefect)
      void settled.then((done) => opened = done)
      return opened = settled
    } catch (defect) {
      return opened = onDefect(defect)
    }
  }
  return {
    get: () => {
      if (opened === undefined) return begin()
      if (opened instanceof Promise || Result.isSuccess(opened)) return opened
      return before !== undefined && stamp() !== before ? begin() : opened
    },
    begun: () => opened && whenReady(opened, valueOf),
    opened: () => opened === undefined || opened instanceof Promise ? undefined : valueOf(opened),
  }
}
