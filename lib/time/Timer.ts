/**
 * Time that runs out.
 *
 * @module
 */
import * as Context from "effect/Context"

/** Calls back once after so many milliseconds, unless the function that it gives is called before. */
export type StartTimer = (milliseconds: number, ring: () => void) => () => void

/** The longest that a timer of the runtimes takes; one that is set for longer rings at once. */
const longest = 2_147_483_647

/**
 * Sets alarms, by the runtime's own timer unless a test brings one of virtual time: a fiber that sleeps costs ten times
 * as much (15 µs a request on Bun 1.4, of 175), and nearly every alarm is called off.
 */
export const Timer: Context.Reference<StartTimer> = Context.Reference<StartTimer>("basegate/time/Timer", {
  defaultValue: () => (milliseconds, ring) => {
    const timer = setTimeout(ring, Math.min(Math.ceil(milliseconds), longest))
    return () => clearTimeout(timer)
  },
})
