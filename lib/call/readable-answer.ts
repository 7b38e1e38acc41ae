/**
 * An answer that came in a content coding though none was asked for, made readable.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewayError } from "../errors.ts"
import { providerCoded } from "../errors/provider-errors.ts"
import { TransformedBody } from "../upstream/derived-body.ts"
import { undoing, undone } from "../headers/content-codings.ts"
import type { StepAnswer } from "./call.ts"
import type { Step } from "./step.ts"
import { bringsAnswer } from "./observe-answer.ts"

/**
 * The answer to a call whose format is known, its coding undone: what cannot be read cannot be metered, nor seen to its
 * end. A stream in a coding that is not known here is refused; other answers are handed on as they came.
 */
export const readable = (step: Step, answer: StepAnswer): Effect.Effect<StepAnswer, GatewayError> => {
  const { status, headers } = answer
  if (
    step.route.framing === undefined || !bringsAnswer(status) || !headers.has("content-encoding")
  ) {
    return Effect.succeed(answer)
  }
  const undo = undoing(headers)
  if (undo === undefined) return Effect.succeed(answer)
  if (undo.kind === "unreadable") {
    if (!step.body.view.stream) return Effect.succeed(answer)
    answer.release()
    return Effect.fail(providerCoded(new URL(step.route.url).host, undo.coding))
  }
  headers.delete("content-encoding")
  headers.delete("content-length")
  const { formats } = undo
  const body = answer.body && new TransformedBody(answer.body, (coded) => undone(coded, formats))
  return Effect.succeed({ ...answer, body })
}
