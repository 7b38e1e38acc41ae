/**
 * Checks a request for what must not reach a provider, and restores masked values in its answer.
 *
 * @module
 */
import * as Result from "effect/Result"
import { decodeBody } from "../body/content-coding.ts"
import type { PreparedBytes } from "../body/prepared-body.ts"
import { concatBytes } from "../bytes/concat.ts"
import { contentBlocked, type GatewayError, unsupportedMediaType } from "../errors.ts"
import { DlpCall, restoringRules } from "../dlp/dlp-check.ts"
import { rewriteJson, rewriteText } from "../dlp/json-body.ts"
import type { CompiledCheck, CompiledDlp } from "../dlp/policy.ts"
import { beginsJson } from "../json/begins-json.ts"
import type { Call, Next, PendingAnswer } from "./call.ts"
import { answerRewriter, checkAnswer, decode, isReadable } from "./dlp-answer.ts"

/**
 * Checks requests before they are answered, even from the cache, and answers that were not checked on their way here.
 */
export const dlpCheckedRequest = ({ request, response }: CompiledDlp, next: Next): Next => async (call) => {
  if (request !== undefined) {
    const refused = await checkRequest(request, call)
    if (refused !== undefined) return Result.fail(refused)
  }
  const result = await next(call)
  if (Result.isFailure(result)) return result
  const answer = result.success
  if (response !== undefined && !answer.isChecked) {
    // A cached answer, or one from a shared call.
    const blocked = await checkAnswer(response, call, answer)
    if (blocked !== undefined) {
      answer.release()
      return Result.fail(blocked)
    }
  }
  restore(call, answer)
  return result
}

/** Returns the refusal, if the request is blocked. Masking replaces the body in the call's target. */
const checkRequest = async (compiled: CompiledCheck, call: Call): Promise<GatewayError | undefined> => {
  const { target } = call
  if (target.body.kind !== "bytes") return undefined
  const plain = await decodedBody(target.body)
  if (plain === undefined) return compiled.withholds ? unreadable() : undefined
  if (plain.bytes.length === 0) return undefined
  const dlp = call.dlp ??= new DlpCall()
  const rules = dlp.rules(compiled)
  dlp.placeholders.reserve(new TextDecoder().decode(plain.bytes))
  const rewritten = beginsJson(plain.bytes)
    ? rewriteJson(plain.bytes, rules, target.route.framing, false)
    : rewriteText(plain.bytes, rules)
  call.report.dlp = dlp.record() ?? null
  if (rewritten !== plain.bytes && call.report.dlp !== null) {
    call.target = { ...target, body: { ...plain, bytes: rewritten } }
    call.body = call.target.body
  }
  return rules.isBlocked ? contentBlocked("request_blocked", dlp.header()) : undefined
}

/** The refusal of a body that cannot be checked. */
export const unreadable = (): GatewayError =>
  unsupportedMediaType(
    "The body cannot be read, and this gateway checks what it sends. Send it in UTF-8, without a content coding.",
  )

/** The decoded bytes of a body; `undefined` if they cannot be decoded. */
export const decodedBody = async (body: PreparedBytes): Promise<PreparedBytes | undefined> => {
  if (body.coding === undefined) return isWide(body.bytes) ? undefined : body
  const chunks: Array<Uint8Array> = []
  let size = 0
  const how = await decodeBody(body.bytes, body.coding, mostDecoded, (chunk) => {
    chunks.push(chunk.slice())
    size += chunk.length
  })
  if (how !== "whole") return undefined
  const bytes = concatBytes(chunks, size)
  return isWide(bytes) ? undefined : { ...body, bytes, coding: undefined }
}

/** Whether JSON is in UTF-16, or UTF-32, which some servers read as well. */
const isWide = (bytes: Uint8Array): boolean =>
  /^(?:\xff\xfe|\xfe\xff)?\0{0,3}[\s{["]\0/.test(String.fromCharCode(...bytes.subarray(0, 8))) ||
  /^(?:\xfe\xff)?\0{1,3}[\s{["]/.test(String.fromCharCode(...bytes.subarray(0, 8)))
const mostDecoded = 67_108_864

/** Restores masked values in the answer for the client only, after the log and the cache. */
const restore = (call: Call, answer: PendingAnswer): void => {
  const { dlp } = call
  if (dlp === undefined) return
  const rules = restoringRules(dlp.placeholders)
  const value = dlp.header()
  if (value !== undefined) answer.headers.set("cf-aig-dlp", value)
  if (rules === undefined || !isReadable(call, answer.headers) || decode(answer) !== undefined) return
  answer.headers.delete("content-length")
  answer.outlet = answerRewriter(rules, answer, false)
}
