/**
 * Checks an answer for what must not reach its client.
 *
 * @module
 */
import * as Result from "effect/Result"
import { concatBytes } from "../bytes/concat.ts"
import { contentBlocked, type GatewayError } from "../errors.ts"
import { DlpCall } from "../dlp/dlp-check.ts"
import { AnswerRewriter } from "../dlp/answer-rewriter.ts"
import type { BodyRewriter } from "../dlp/body-rewriter.ts"
import { longestHeld } from "../dlp/json-body.ts"
import type { CompiledCheck } from "../dlp/policy.ts"
import type { TextRules } from "../dlp/text-channel.ts"
import { answerForm } from "../sse/framing.ts"
import { providerCoded } from "../errors/provider-errors.ts"
import { decoded, decodingOf } from "../headers/content-codings.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import { reportDefect } from "../redaction/stack-frames.ts"
import { bodyOfBytes, TransformedBody } from "../upstream/derived-body.ts"
import { cutShortBy, type GuardedBody } from "../upstream/guarded-body.ts"
import type { Call, Next, PendingAnswer } from "./call.ts"
import { labelOf, observing } from "./observe-answer.ts"
import { brokenBody, DlpBody } from "./dlp-body.ts"

/** Media types without text: pictures, sound, archives. */
const media = /^(?:audio|font|image|model|video)\/|^application\/(?:zip|gzip|pdf|x-tar)\b/i

/** How the body of an answer is checked. */
export const answerRewriter = (
  rules: TextRules,
  { call: { target: { route } }, headers }: Pick<PendingAnswer, "call" | "headers">,
  hidesLogprobs: boolean,
): AnswerRewriter =>
  new AnswerRewriter(rules, { framing: route.framing, label: labelOf(headers), hidesLogprobs })

/** Whether an answer may hold text: that of a known call does, whatever its label says. */
export const isReadable = ({ target: { route } }: Call, headers: HeaderReader): boolean =>
  route.framing !== undefined || !media.test(headers.get("content-type") ?? "")

/** Decodes the content coding of an answer; returns its name if that is not possible. */
export const decode = (answer: PendingAnswer): string | undefined => {
  const { headers, body } = answer
  const decoding = decodingOf(headers)
  if (decoding === undefined || body === undefined || body instanceof Uint8Array) return undefined
  if (decoding.kind === "unreadable") return decoding.coding
  headers.delete("content-encoding")
  headers.delete("content-length")
  answer.body = new TransformedBody(body, (coded) => decoded(coded, decoding.formats))
  return undefined
}

/** Checks answers when they come from a provider, before they are stored or shared. */
export const dlpCheckedAnswer = (compiled: CompiledCheck, next: Next): Next => async (call) => {
  const result = await next(call)
  if (Result.isFailure(result)) return result
  const blocked = await checkAnswer(compiled, call, result.success)
  return blocked === undefined ? result : Result.fail(blocked)
}

/**
 * Checks an answer, and replaces its body with the checked one. Returns the refusal if it is blocked before anything
 * was sent.
 */
export const checkAnswer = async (
  compiled: CompiledCheck,
  call: Call,
  answer: PendingAnswer,
): Promise<GatewayError | undefined> => {
  answer.isChecked = true
  const { headers } = answer
  if (answer.body === undefined || !isReadable(call, headers)) return undefined
  const unreadable = decode(answer)
  if (unreadable !== undefined) {
    if (!compiled.withholds) return undefined
    answer.release()
    return providerCoded(new URL(call.target.route.url).host, unreadable)
  }
  const { body } = answer
  const dlp = call.dlp ??= new DlpCall()
  const rules = dlp.rules(compiled)
  const note = (): void => {
    call.report.dlp = dlp.record() ?? null
  }
  const setHeader = (): void => {
    note()
    const value = dlp.header()
    if (value !== undefined) headers.set("cf-aig-dlp", value)
  }
  const rewriter = answerRewriter(rules, answer, compiled.withholds)
  const whole = body instanceof Uint8Array
    ? body
    : labelOf(headers) === "json"
    ? await readWhole(call, answer, body)
    : undefined
  if (whole === undefined) {
    setHeader()
    const streamed = answer.body as GuardedBody
    headers.delete("content-length")
    const checked = compiled.blocks ? observed(rewriter, observing(call, answer)) : rewriter
    answer.body = new DlpBody(streamed, compiled.withholds ? checked : onlyLooks(rewriter), () => {
      note()
      return rules.isBlocked
    })
    return undefined
  }
  const rewritten = rewriteWhole(rewriter, whole)
  setHeader()
  if (rules.isBlocked) {
    await settleUnseen(call, answer, whole)
    return contentBlocked("response_blocked", dlp.header())
  }
  answer.body = body instanceof Uint8Array ? rewritten : bodyOfBytes(rewritten)
  if (headers.has("content-length")) headers.set("content-length", String(rewritten.byteLength))
  return undefined
}

/** Passes everything on immediately, and checks it afterwards. */
const onlyLooks = (rewriter: BodyRewriter): BodyRewriter => ({
  push: (chunk) => {
    rewriter.push(chunk)
    return chunk
  },
  finish: () => rewriter.finish().subarray(0, 0),
})

/** Sees everything that comes, since blocked text is paid for as well. */
const observed = (rewriter: BodyRewriter, received: (chunk: Uint8Array) => void): BodyRewriter => ({
  push: (chunk) => {
    received(chunk)
    return rewriter.push(chunk)
  },
  finish: () => rewriter.finish(),
})

/** A complete body after rewriting. */
export const rewriteWhole = (rewriter: BodyRewriter, bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const passed = rewriter.push(bytes)
  const rest = rewriter.finish()
  return concatBytes([passed, rest], passed.length + rest.length)
}

/**
 * The complete JSON body; `undefined` if it is too long, broke off, or is a stream. The answer's body then still has
 * all of it.
 */
export const readWhole = async (
  call: Call,
  answer: PendingAnswer,
  body: GuardedBody,
): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  const { framing } = call.target.route
  const chunks: Array<Uint8Array> = []
  let size = 0
  const before = call.exchange.elapsed()
  const forget = call.cut.onCut(() => body.cancel())
  try {
    while (size <= longestHeld) {
      const { done, value } = await body.read()
      if (done) return concatBytes(chunks, size)
      chunks.push(value)
      size += value.byteLength
      if (chunks.length === 1 && answerForm({ framing, label: "json" }, value) === "events") break
    }
    answer.body = brokenBody(undefined, chunks, body)
  } catch (cause) {
    answer.body = brokenBody(cutShortBy(cause), chunks, body)
  } finally {
    forget()
    call.exchange.spentUpstream(call.exchange.elapsed() - before)
  }
  return undefined
}

/** Settles the charges for an answer that is discarded. */
export const settleUnseen = async (call: Call, answer: PendingAnswer, bytes: Uint8Array): Promise<void> => {
  call.report.status = answer.status
  answer.observer?.push(bytes)
  answer.meter?.received()
  answer.meter?.stop(call.exchange.elapsed())
  for (const tap of answer.taps) {
    try {
      await tap.ended("complete", true)
    } catch (defect) {
      reportDefect(call.exchange.id, defect)
    }
  }
}
