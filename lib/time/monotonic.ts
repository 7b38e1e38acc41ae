/**
 * Time that nobody sets: for how long things take, and for when they are due. The clock on the wall is put right, by a
 * second or by an hour, while calls wait.
 *
 * @module
 */
import type * as Clock from "effect/Clock"

let last = -Infinity
let lag = 0

/**
 * Milliseconds since a time of its own. Workers have no clock but the wall's: where that is set back, time stands still
 * for once and then goes on from there.
 */
export const monotonicNow = (): number => {
  const now = performance.now() + lag
  if (now >= last) return last = now
  lag += last - now
  return last
}

/** The same by the clock that an effect runs on, which in a test is virtual. */
export const monotonicBy = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
