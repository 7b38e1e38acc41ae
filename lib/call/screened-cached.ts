/**
 * Judges cached answers like fresh ones, by the current rules.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Guardrails } from "../guardrail/guardrails.ts"
import type { Next } from "./call.ts"
import type { Scanner } from "./scanner.ts"
import { screenAnswer } from "./screened-answer.ts"
import { screenCached } from "./screened-prompt.ts"

/** Judges answers from the cache; all others were judged on their way here. */
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
