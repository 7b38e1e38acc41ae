/**
 * A clock that is never set, for durations and deadlines. The wall clock is corrected, by a second or by an hour, while
 * calls wait.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"

let last = -Infinity
let lag = 0

/**
 * Milliseconds since an origin of its own. Workers have no clock but the wall's: if that is set back, time stands still
 * once and then goes on from there.
 */
export const monotonicNow = (): number => {
  const now = performance.now() + lag
  if (now >= last) return last = now
  lag += last - now
  return last
}

const runtimeClock: Clock.Clock = Context.get(Context.empty(), Clock.Clock)

/** Whether a clock is the runtime's own, and neither a host's nor a test's. */
export const isRuntimeClock = (clock: Clock.Clock): boolean => clock === runtimeClock

/** The same by the clock that an effect runs on, which in a test is virtual. Nanoseconds as a `bigint` take 0.3 µs to make. */
export const monotonicBy = (clock: Clock.Clock): number =>
  isRuntimeClock(clock) ? monotonicNow() : Number(clock.monotonicTimeNanosUnsafe()) / 1e6
