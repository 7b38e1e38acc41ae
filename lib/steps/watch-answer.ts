/**
 * Which answers are watched, and as what.
 *
 * @module
 */
import { type Form, isEventStream } from "../framing.ts"
import { type AnswerWatch, answerWatch } from "../relay/answer-watch.ts"
import { isCoded } from "../relay/content-codings.ts"
import type { StepAnswer } from "./call.ts"
import type { Step } from "./step.ts"

const labelOf = (headers: Headers): Form => {
  if (isEventStream(headers)) return "events"
  return /\bjson\b/i.test(headers.get("content-type") ?? "") ? "json" : "other"
}

/**
 * The watch over an answer of status 200; nothing over an error, which tells no usage, nor over what nothing is known of:
 * of a model's own code, what is neither JSON nor an event stream.
 *
 * @param onBytes see `WatchInput`
 */
export const watchOf = (
  { route: { framing }, body }: Step,
  { headers, response: { status } }: StepAnswer,
  onBytes?: (bytes: Uint8Array) => void,
): AnswerWatch | undefined => {
  if (status !== 200) return undefined
  const label = labelOf(headers)
  if (framing === undefined && (label === "other" || isCoded(headers))) return undefined
  return answerWatch({ framing, label, asked: body.view.stream, onBytes })
}
