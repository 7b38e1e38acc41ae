/**
 * Inspects the beginning of an answer with a success status, if the gateway or a step asks for that: if it is an error, the
 * answer counts as failed, since the client has not seen any of it yet.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { AnswerObserver } from "../answer/answer-observer.ts"
import { concatBytes } from "../bytes/concat.ts"
import { declaredLength } from "../body/read-body.ts"
import { isCoded } from "../headers/content-codings.ts"
import { eventEnd } from "../sse/event-bounds.ts"
import { eventReader } from "../sse/event-data.ts"
import { ResumedBody } from "../upstream/derived-body.ts"
import { cutShortBy, type GuardedBody } from "../upstream/guarded-body.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import { interrupted, noAnswer, type UpstreamFailure } from "../upstream/upstream-failure.ts"
import type { Call } from "./call.ts"
import { observerOf } from "./observe-answer.ts"
import type { Attempt, TryResult } from "./send.ts"

/** Errors are short: a longer body, in bytes, counts as an answer. */
const longestError = 65_536

/** What Anthropic's streams may have before anything else. */
const ping = /^\s*\{\s*"type"\s*:\s*"ping"/

const isEvent = (data: string): boolean => !ping.test(data)

/** Tries a call, and inspects how its answer begins. */
export const beginningChecked = (next: Attempt): Attempt => (call, left, notes) => {
  if (!call.target.options.fallsBackOnReportedError) return next(call, left, notes)
  return next(call, left, notes).then((result) => checked(call, result))
}

const checked = async (call: Call, result: TryResult): Promise<TryResult> => {
  if (Result.isFailure(result)) return result
  const answer = result.success
  const observer = isCoded(answer.headers) ? undefined : observerOf(call.target, answer)
  if (observer === undefined || answer.body === undefined) return result
  const read = await readBeginning(call, answer, answer.body, observer)
  if (!("chunks" in read)) return Result.fail(read)
  const error = errorOf(call, answer, read, observer)
  if (error === undefined && read.isOver && isCutOff(answer, observer)) {
    answer.release()
    return Result.fail(noAnswer(call.target.route))
  }
  const body = new ResumedBody(read.chunks, answer.body)
  return Result.succeed({ ...answer, body, reportsError: error !== undefined })
}

/** Whether a body that has ended lacks the end mark of its form. */
const isCutOff = ({ headers }: UpstreamAnswer, observer: AnswerObserver): boolean =>
  (observer.streams || declaredLength(headers) === undefined) && !observer.mayEnd()

interface Beginning {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly size: number
  /** Whether there is no more. */
  readonly isOver: boolean
}

/** The error in the first event, or in the whole of another body: events that came with the first do not count. */
const errorOf = (
  { target }: Call,
  answer: UpstreamAnswer,
  { chunks, size, isOver }: Beginning,
  observer: AnswerObserver,
): string | undefined => {
  if (observer.form() !== "events") return isOver ? observer.error() : undefined
  const bytes = concatBytes(chunks, size)
  const first = observerOf(target, answer)
  const events = eventReader()
  let end = 0
  let begun = false
  while (!begun && end < size) {
    const start = end
    end = eventEnd(bytes, start)
    begun = events.push(bytes.subarray(start, end)).some(isEvent)
  }
  first?.push(bytes.subarray(0, end))
  return first?.error()
}

/** Reads up to the end of the first event, or all of another body; or why there is no answer. */
const readBeginning = async (
  call: Call,
  { release }: UpstreamAnswer,
  body: GuardedBody,
  observer: AnswerObserver,
): Promise<Beginning | UpstreamFailure> => {
  const chunks: Array<Uint8Array> = []
  const events = eventReader()
  const forgetCut = call.cut.onCut(release)
  try {
    let size = 0
    while (size <= longestError) {
      const { done, value } = await body.read()
      if (done) return { chunks, size, isOver: true }
      chunks.push(value)
      size += value.byteLength
      observer.push(value)
      const begun = events.push(value).some(isEvent)
      const form = observer.form()
      if (form === "other" || (form === "events" && begun)) break
    }
    return { chunks, size, isOver: false }
  } catch (cause) {
    if (call.cut.reason !== undefined) return interrupted(call.cut.reason)
    const { ending } = cutShortBy(cause)
    return noAnswer(call.target.route, ending === "idle" || ending === "total_timeout" ? ending : undefined)
  } finally {
    forgetCut()
  }
}
