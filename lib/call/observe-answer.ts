/**
 * Which answers are observed, and as what.
 *
 * @module
 */
import type { HeaderReader } from "../headers/header-reader.ts"
import { type BodyForm, isEventStream } from "../sse/framing.ts"
import { AnswerObserver } from "../answer/answer-observer.ts"
import { isCoded } from "../headers/content-codings.ts"
import type { Call, PendingAnswer } from "./call.ts"
import type { CallTarget } from "./target.ts"

/** The form according to an answer's headers. */
export const labelOf = (headers: HeaderReader): BodyForm => {
  if (isEventStream(headers)) return "events"
  return /\bjson\b/i.test(headers.get("content-type") ?? "") ? "json" : "other"
}

/**
 * Whether a status promises a complete answer, including one changed by a proxy (203), and one that the server counts
 * as created (201).
 */
export const bringsAnswer = (status: number): boolean => status === 200 || status === 201 || status === 203

/**
 * The observer of an answer; `undefined` for an error, which has no usage, and for an unknown format: output of a model's
 * own code that is neither JSON nor an event stream.
 */
export const observerOf = (
  { route: { framing }, body }: CallTarget,
  { headers, status }: Pick<PendingAnswer, "headers" | "status">,
  removesUsage = false,
  findsModel = false,
): AnswerObserver | undefined => {
  if (!bringsAnswer(status)) return undefined
  const label = labelOf(headers)
  if (framing === undefined && (label === "other" || isCoded(headers))) return undefined
  return new AnswerObserver({ framing, label, asked: body.view.stream, removesUsage, findsModel })
}

/** What the provider has sent is paid for, whether or not it is passed on. */
export const observing = (call: Call, answer: PendingAnswer): (chunk: Uint8Array) => void => {
  const observer = observerOf(call.target, answer, false, true)
  if (observer === undefined || answer.meter === undefined) return () => {}
  answer.meter.observeBy(observer)
  return (chunk) => void observer.push(chunk)
}
