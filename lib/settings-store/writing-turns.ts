/**
 * One writer of a process at a time: of those who save across a network at once only one could succeed.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { StoreProblem } from "./SettingsStore.ts"

/** How long a change may take, in milliseconds: a Worker's request may be given up, and must not keep others from it. */
const turnLength = 5000

/** Makes what runs one at a time, and tells others that it is busy. */
export const makeWritingTurns = (now: () => number) => {
  let until = -Infinity
  return async <A, E>(
    run: () => Promise<Result.Result<A, E>>,
  ): Promise<Result.Result<A, E | StoreProblem>> => {
    if (now() < until) return Result.fail({ reason: "busy", detail: "another change is being saved" })
    until = now() + turnLength
    try {
      return await run()
    } finally {
      until = -Infinity
    }
  }
}
