/**
 * Plain answers of services as effects.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type { Awaitable } from "../time/awaitable.ts"

/** What a service answers. Not to be interrupted: what was taken meanwhile has to be given back. */
export const lift = <A>(answer: () => Awaitable<A>): Effect.Effect<A> =>
  Effect.suspend(() => {
    const value = answer()
    return value instanceof Promise
      ? Effect.uninterruptible(Effect.promise(() => value))
      : Effect.succeed(value)
  })

/** The same of an answer that may be a failure. */
export const liftResult = <A, E>(answer: () => Awaitable<Result.Result<A, E>>): Effect.Effect<A, E> =>
  Effect.flatMap(lift(answer), Effect.fromResult)
