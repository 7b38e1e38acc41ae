/**
 * Judges requests while they are sent. Their answers wait for the verdict, and are discarded if it blocks.
 *
 * @module
 */
import * as Result from "effect/Result"
import { jsonLength } from "../body/prepared-body.ts"
import type { GatewayError } from "../errors.ts"
import type { GuardrailRules } from "../guardrail/guardrails.ts"
import { promptConversations, type ScannedConversation } from "../guardrail/scanned-text.ts"
import { callCost } from "../pricing/call-cost.ts"
import { CutSource, neverCut } from "../upstream/cut.ts"
import { estimateInput } from "../usage/estimate.ts"
import type { CallServices } from "./stages.ts"
import type { Call, CallResult, Next } from "./call.ts"
import { decodedBody, unreadable } from "./dlp-request.ts"
import type { Scanner } from "./scanner.ts"
import { screen, screenByMemory, type Stop, stopError, unscanned } from "./screening.ts"

type Services = Pick<CallServices, "clock" | "prices">

/** The conversations to judge a call's request by; `undefined` if its body cannot be read. */
const conversationsOf = async ({ target }: Call): Promise<ReadonlyArray<ScannedConversation> | undefined> => {
  if (target.body.kind !== "bytes") return []
  const plain = await decodedBody(target.body)
  if (plain === undefined) return undefined
  return promptConversations(plain.bytes, target.route.framing)
}

/** Sends calls, and judges their requests at the same time. */
export const screenedPrompt = (
  services: Services,
  scanner: Scanner,
  rules: GuardrailRules,
  next: Next,
): Next =>
async (call) => {
  const parts = await conversationsOf(call)
  if (parts === undefined) {
    if (unscanned(call, rules) !== undefined) return Result.fail(unreadable())
    return next(call)
  }
  if (parts.length === 0) return next(call)
  if (!rules.blocks) return flagged(scanner, rules, parts, call, next)
  // A request that is known to be unsafe is not sent at all.
  if (await screenByMemory(scanner, rules, parts) === "unsafe") {
    const stop = await screen(scanner, rules, call, parts, call.cut)
    if (stop !== undefined) return Result.fail(stopError(stop, rules, call))
  }
  const outer = call.cut
  const sending = new CutSource()
  const scanning = new CutSource()
  const forget = outer.onCut((reason) => {
    sending.cut(reason)
    scanning.cut(reason)
  })
  call.cut = sending
  const began = services.clock.now()
  const screening = screen(scanner, rules, call, parts, scanning).then((stop) => {
    if (stop !== undefined) sending.cut("client_left")
    return stop
  })
  const result = await next(call)
  // Without an answer there is nothing to hold back.
  if (Result.isFailure(result) && sending.reason === undefined) scanning.cut("client_left")
  const stop = await screening
  forget()
  call.cut = outer
  if (stop === undefined || outer.reason !== undefined) return result
  return Result.fail(refused(services, call, result, stop, began, rules))
}

/** Judges a request that is answered whatever the verdict. */
const flagged = async (
  scanner: Scanner,
  rules: GuardrailRules,
  parts: ReadonlyArray<ScannedConversation>,
  call: Call,
  next: Next,
): Promise<CallResult> => {
  // The verdict is only for the log, whether or not the client stays.
  const screening = screen(scanner, rules, call, parts, neverCut).then(() => {})
  const result = await next(call)
  if (Result.isSuccess(result)) result.success.taps.push({ push: undefined, ended: () => screening })
  else call.exchange.settleBy(() => screening)
  return result
}

/** Refuses a call that was already sent, and charges its input, which it may have cost. */
const refused = (
  { clock, prices }: Services,
  call: Call,
  result: CallResult,
  stop: Stop,
  began: number,
  rules: GuardrailRules,
): GatewayError => {
  const { report, target, gateway } = call
  const { provider, deployment } = target.route
  if (Result.isSuccess(result)) {
    report.status = result.success.status
    result.success.release()
  }
  // Cut by something other than its client.
  report.ending = "complete"
  const input = estimateInput(jsonLength(target.body))
  const usage = { input, output: 0, cachedInput: undefined, reasoning: undefined }
  const { cost, custom } = callCost(
    {
      provider,
      deployment,
      model: target.body.view.model,
      status: report.status ?? 200,
      cached: false,
      usage,
      duration: clock.now() - began,
    },
    { custom: target.options.customCost, overrides: gateway.prices, priceOf: prices.priceOf },
  )
  report.tokensIn = input
  report.tokensOut = 0
  report.usageSource = "estimated"
  report.cost = cost ?? null
  report.customCost = custom
  return stopError(stop, rules, call)
}

/** Judges the request of a cached answer. */
export const screenCached = async (
  scanner: Scanner,
  rules: GuardrailRules,
  call: Call,
): Promise<GatewayError | undefined> => {
  const parts = await conversationsOf(call)
  if (parts === undefined) return unscanned(call, rules) === undefined ? undefined : unreadable()
  if (parts.length === 0) return undefined
  const screening = screen(scanner, rules, call, parts, rules.blocks ? call.cut : neverCut)
  if (!rules.blocks) {
    call.exchange.settleBy(() => screening.then(() => {}))
    return undefined
  }
  const stop = await screening
  return stop === undefined ? undefined : stopError(stop, rules, call)
}
