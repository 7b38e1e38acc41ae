/**
 * Lets one change at a time be saved by a process: of several that are saved across a network at once, only one could
 * succeed.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { StoreProblem } from "./SettingsStore.ts"

/**
 * How long a change holds the lock at most, in milliseconds: a Worker may abandon a request, which must not block
 * others.
 */
const longestHeld = 5000

/** Creates a lock, whose result runs one function at a time and fails with `busy` meanwhile. */
export const makeWriteLock = (now: () => number) => {
  let until = -Infinity
  return async <A, E>(
    run: () => Promise<Result.Result<A, E>>,
  ): Promise<Result.Result<A, E | StoreProblem>> => {
    if (now() < until) return Result.fail({ reason: "busy", detail: "another change is being saved" })
    until = now() + longestHeld
    try {
      return await run()
    } finally {
      until = -Infinity
    }
  }
}
