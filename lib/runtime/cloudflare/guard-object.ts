/**
 * A guard around a Durable Object: a deadline, and a pause after failures.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { warn } from "../../sqlite/warn.ts"
import { type EngineGuard, makeEngineGuard } from "../../store/engine-guard.ts"
import { plainClock } from "../../time/clock.ts"
import { Timer } from "../../time/Timer.ts"
import { ObjectRefusal } from "./ask-object.ts"

/**
 * Makes the guard of an object.
 *
 * @param what what the object keeps, in readable form
 * @param deadline how long an answer may take, in milliseconds
 */
export const guardObject = (what: string, deadline: number): Effect.Effect<EngineGuard> =>
  Effect.gen(function* () {
    const { now } = yield* plainClock
    return makeEngineGuard({
      deadline,
      refusal: (cause) => cause instanceof ObjectRefusal ? cause.message.slice(0, 200) : undefined,
      now,
      startTimer: yield* Timer,
      onFailed: ({ reason, detail }) =>
        warn(`the Durable Object of ${what} cannot be used`, { binding: "BASEGATE_OBJECTS", reason, detail }),
      onPaused: () => {},
      onWorked: () =>
        warn(`the Durable Object of ${what} can be used again`, { binding: "BASEGATE_OBJECTS" }),
    })
  })
