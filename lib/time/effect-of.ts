/**
 * Values that may be promises, as effects.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Awaitable } from "./awaitable.ts"

/** Asks for a value when the effect runs, and has it at once if it is no promise. */
export const effectOf = <A>(ask: () => Awaitable<A>): Effect.Effect<A> =>
  Effect.suspend(() => {
    const value = ask()
    return value instanceof Promise ? Effect.promise(() => value) : Effect.succeed(value)
  })
