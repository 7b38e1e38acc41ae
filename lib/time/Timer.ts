/**
 * One-shot timers, replaceable by virtual time in tests.
 *
 * @module
 */
import * as Context from "effect/Context"

/**
 * Calls `onFire` once after a number of milliseconds, never before it has returned itself.
 *
 * @returns cancels the timer; does nothing once it has fired
 */
export type StartTimer = (milliseconds: number, onFire: () => void) => () => void

/** The longest delay that the runtimes' timers support: a longer one fires at once. */
export const longestDelay = 2_147_483_647

/** Starts one of the runtime's own timers. */
export const startRuntimeTimer: StartTimer = (milliseconds, onFire) => {
  const timer = setTimeout(onFire, Math.min(Math.ceil(milliseconds), longestDelay))
  return () => clearTimeout(timer)
}

/**
 * The runtime's own timers unless the host or a test provides others. A sleeping fiber costs ten times as much (15 µs a
 * request on Bun 1.4, of 175), and nearly every timer is cancelled.
 */
export const Timer: Context.Reference<StartTimer> = Context.Reference<StartTimer>("basegate/time/Timer", {
  defaultValue: () => startRuntimeTimer,
})
