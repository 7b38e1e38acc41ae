/**
 * The time as plain functions, for services that are resolved once and then run without Effect.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { monotonicBy } from "./monotonic.ts"

/** The clock that a service goes by; in a test, a virtual one. */
export interface PlainClock {
  /** Milliseconds since a time of its own, never less than before: for how long things take and when they are due. */
  readonly now: () => number
  /** Milliseconds since 1970, as the clock on the wall has them: it may be set back. */
  readonly wall: () => number
}

/** Effect's clock where a layer is built: the runtime's, one that a host has put in its place, or a test's. */
export const plainClock: Effect.Effect<PlainClock> = Effect.map(
  Clock.Clock,
  (clock): PlainClock => ({
    now: () => monotonicBy(clock),
    wall: () => clock.currentTimeMillisUnsafe(),
  }),
)
