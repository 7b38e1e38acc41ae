/**
 * Has answers from the cache judged as fresh ones are, by the rules that hold now.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Guardrails } from "../guardrail/guardrails.ts"
import type { Next } from "./call.ts"
import type { Scanner } from "./scanner.ts"
import { screenAnswer } from "./screened-answer.ts"
import { screenCached } from "./screened-prompt.ts"

/** Judges what comes from the cache; all else was judged on its way here. */
export const screenedCached =
  (scanner: Scanner, { prompt, response }: Guardrails, next: Next): Next => async (call) => {
    const result = await next(call)
    if (Result.isFailure(result) || !call.report.cached) return result
    const answer = result.success
    const stopped = (prompt && await screenCached(scanner, prompt, call)) ??
      (response && await screenAnswer(scanner, response, call, answer))
    if (stopped === undefined) return result
    answer.release()
    return Result.fail(stopped)
  }
