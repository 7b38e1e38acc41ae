/**
 * The time as plain functions, for services that are resolved once and then run without Effect.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { isRuntimeClock, monotonicBy, monotonicNow } from "./monotonic.ts"

/** The clock of a service; in tests, a virtual one. */
export interface PlainClock {
  /** Milliseconds since an origin of its own, never less than before: for durations and deadlines. */
  readonly now: () => number
  /** Milliseconds since 1970 by the wall clock, which may be set back: for timestamps and calendar windows. */
  readonly wall: () => number
}

const runtimeClock: PlainClock = { now: monotonicNow, wall: () => Date.now() }

/** Effect's clock where a layer is built: the runtime's, one that a host has put in its place, or a test's. */
export const plainClock: Effect.Effect<PlainClock> = Effect.map(
  Clock.Clock,
  (clock): PlainClock =>
    isRuntimeClock(clock)
      ? runtimeClock
      : { now: () => monotonicBy(clock), wall: () => clock.currentTimeMillisUnsafe() },
)
