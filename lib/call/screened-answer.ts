/**
 * Judges answers: complete ones before they are sent, streams window by window, and in the background if no rule
 * blocks.
 *
 * @module
 */
import * as Result from "effect/Result"
import { collect } from "../bytes/collector.ts"
import type { GatewayError } from "../errors.ts"
import { providerCoded } from "../errors/provider-errors.ts"
import type { GuardrailRules } from "../guardrail/guardrails.ts"
import { answerConversations, answerText, contextOf } from "../guardrail/scanned-text.ts"
import { EventWindows, WholeWindow } from "../guardrail/windows.ts"
import { answerForm, type Framing } from "../sse/framing.ts"
import { neverCut } from "../upstream/cut.ts"
import { bodyOfBytes } from "../upstream/derived-body.ts"
import type { BodyTap, Call, Next, PendingAnswer } from "./call.ts"
import { decodedBody } from "./dlp-request.ts"
import { decode, readWhole, settleUnseen } from "./dlp-answer.ts"
import { bringsAnswer, labelOf, observing } from "./observe-answer.ts"
import type { Scanner } from "./scanner.ts"
import { ScreenedBody } from "./screened-body.ts"
import { screen, stopError, unscanned } from "./screening.ts"

/** Judges answers when they come from a provider, before they are stored or shared. */
export const screenedAnswer = (scanner: Scanner, rules: GuardrailRules, next: Next): Next => async (call) => {
  const result = await next(call)
  if (Result.isFailure(result)) return result
  const stopped = await screenAnswer(scanner, rules, call, result.success)
  return stopped === undefined ? result : Result.fail(stopped)
}

/** The text of a request, for verdicts on its answer. */
const contextFor = async ({ target: { body, route } }: Call): Promise<string> => {
  if (body.kind !== "bytes") return ""
  const plain = await decodedBody(body)
  return plain === undefined ? "" : contextOf(plain.bytes, route.framing)
}

/** Judges an answer, and may replace its body. Returns the refusal if it is blocked before anything was sent. */
export const screenAnswer = async (
  scanner: Scanner,
  rules: GuardrailRules,
  call: Call,
  answer: PendingAnswer,
): Promise<GatewayError | undefined> => {
  const { framing } = call.target.route
  const { headers } = answer
  // Embeddings and answers of custom models are not judged.
  if (framing === undefined || answer.body === undefined || !bringsAnswer(answer.status)) return undefined
  const unreadable = decode(answer)
  if (unreadable !== undefined) {
    if (unscanned(call, rules) === undefined) return undefined
    answer.release()
    return providerCoded(new URL(call.target.route.url).host, unreadable)
  }
  const { body } = answer
  const context = await contextFor(call)
  if (!rules.blocks) {
    answer.taps.push(watching(scanner, rules, call, framing, context, answer))
    return undefined
  }
  const whole = body instanceof Uint8Array
    ? body
    : labelOf(headers) === "json"
    ? await readWhole(call, answer, body)
    : undefined
  const label = labelOf(headers)
  if (whole === undefined || answerForm({ framing, label }, whole) === "events") {
    const streamed = whole === undefined ? answer.body : whole
    headers.delete("content-length")
    answer.body = new ScreenedBody(
      streamed instanceof Uint8Array
        ? bodyOfBytes(streamed)
        : streamed as Exclude<typeof streamed, undefined>,
      {
        framing,
        label,
        screen: (text, cut) => screen(scanner, rules, call, answerConversations(context, text), cut),
        received: observing(call, answer),
      },
    )
    return undefined
  }
  const stop = await screen(
    scanner,
    rules,
    call,
    answerConversations(context, answerText(whole, framing)),
    call.cut,
  )
  if (stop !== undefined) {
    await settleUnseen(call, answer, whole)
    return stopError(stop, rules, call)
  }
  answer.body = body instanceof Uint8Array ? body : bodyOfBytes(whole)
  return undefined
}

/** The most of an answer that is judged in the background, in bytes. */
const mostWatched = 4_194_304

/** Judges an answer after it was relayed. */
const watching = (
  scanner: Scanner,
  rules: GuardrailRules,
  call: Call,
  framing: Framing,
  context: string,
  { headers }: PendingAnswer,
): BodyTap => {
  const collector = collect(mostWatched)
  const label = labelOf(headers)
  return {
    push: collector.push,
    ended: async () => {
      const bytes = collector.whole()
      if (bytes === undefined) return void unscanned(call, rules)
      const form = answerForm({ framing, label }, bytes) ?? "other"
      const windows = form === "events" ? new EventWindows(framing) : new WholeWindow(framing, form)
      windows.push(bytes)
      windows.finish()
      await screen(scanner, rules, call, answerConversations(context, windows.close()), neverCut)
    },
  }
}
