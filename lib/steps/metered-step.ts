/**
 * Sends one step and meters its answer: tokens, cost and the first token, written into the record at the end.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewayError } from "../errors.ts"
import { isEventStream } from "../framing.ts"
import { callCost } from "../meter/call-cost.ts"
import { holdsToken } from "../meter/first-token.ts"
import { dollarsOf } from "../meter/price.ts"
import type { Usage } from "../meter/usage.ts"
import { estimateInput, outputEstimate } from "../meter/usage-estimate.ts"
import { usageFilter } from "../meter/usage-filter.ts"
import { usageTap } from "../meter/usage-tap.ts"
import { Prices } from "../prices/Prices.ts"
import { askUsage } from "../request/ask-usage.ts"
import type { UsageSource } from "../telemetry/request-record.ts"
import { unlessAskedInVain } from "./asked-in-vain.ts"
import type { Call, Observer, Sent, StepAnswer } from "./call.ts"
import type { Admission } from "./limited-step.ts"
import { type SendServices, sendStep } from "./send-step.ts"
import type { Step } from "./step.ts"

/** What metering asks of the layers. */
export type MeterServices = Prices

/**
 * Sends a step; a chat's stream is asked for its usage, which is left out again of what the client gets. A server that
 * refuses to be asked gets the step as its client wrote it.
 */
export const meteredStep: (
  call: Call,
  headers: Headers,
  admission: Admission,
) => Effect.Effect<Sent, GatewayError, MeterServices | SendServices> = Effect.fnUntraced(
  function* (call, headers, admission) {
    const sent = call.exchange.elapsed()
    const asking = call.gateway.asksUsage ? askingStep(call.step) : undefined
    const asked = asking &&
      (yield* unlessAskedInVain(yield* sendStep({ ...call, step: asking }, headers)))
    const answer = asked ?? (yield* sendStep(call, headers))
    return {
      answer,
      headers: new Headers(admission.headers),
      meter: meterOf(call, answer, admission, yield* Prices, sent),
      filter: asked !== undefined && kindOf(answer) === "sse" ? usageFilter() : undefined,
      observers: [],
    }
  },
)

/** The step with a body that asks for the usage; nothing where it does already, or there is nothing to ask. */
const askingStep = (step: Step): Step | undefined => {
  const { body, view } = step.body
  // What is streamed up cannot be changed, and was not looked at either.
  if (step.route.framing !== "chat" || !view.stream || !(body instanceof Uint8Array)) return undefined
  const bytes = askUsage(body)
  return bytes && { ...step, body: { ...step.body, body: bytes, length: bytes.byteLength } }
}

/** In which form an answer may tell its usage. An error tells none, nor does what is encoded. */
const kindOf = ({ headers, response: { status } }: StepAnswer): "sse" | "json" | undefined => {
  if (status !== 200 || headers.has("content-encoding")) return undefined
  if (isEventStream(headers)) return "sse"
  return /\bjson\b/i.test(headers.get("content-type") ?? "") ? "json" : undefined
}

/**
 * Watches an answer for its usage, and settles the limits with it.
 *
 * @param sent when the step was sent, in milliseconds since the request came
 */
const meterOf = (
  { exchange, gateway, step }: Call,
  answer: StepAnswer,
  { settle }: Admission,
  { priceOf }: Prices["Service"],
  sent: number,
): Observer => {
  const { record } = exchange
  const { provider, deployment, framing } = step.route
  const kind = kindOf(answer)
  const estimate = kind === "sse" && framing !== undefined ? outputEstimate(framing) : undefined
  const tap = kind &&
    usageTap({ kind, ...(framing && { framing }), ...(estimate && { onBytes: estimate.push }) })
  let awaitsToken = estimate !== undefined

  const usageAt = (isWhole: boolean): readonly [Usage | undefined, UsageSource | null] => {
    // The usage of a JSON body stands near its end: one that was cut short has none.
    const told = kind === "json" && !isWhole ? undefined : tap?.finish()
    if (told !== undefined) return [told, isWhole ? "exact" : "partial"]
    const output = estimate?.finish()
    if (output === undefined) return [undefined, null]
    const input = estimateInput(step.body.length ?? 0)
    return [{ input, output, cachedInput: undefined, reasoning: undefined }, "estimated"]
  }

  return {
    push: (chunk) => {
      tap?.push(chunk)
      if (awaitsToken && framing !== undefined && holdsToken(chunk, framing)) {
        awaitsToken = false
        record.time_to_first_token_ms = exchange.elapsed()
      }
    },
    ended: (ending, whole) =>
      Effect.suspend(() => {
        const [usage, source] = usageAt(whole || ending === "complete")
        record.tokens_in = usage?.input ?? null
        record.tokens_out = usage?.output ?? null
        record.tokens_cached = usage?.cachedInput ?? null
        record.tokens_reasoning = usage?.reasoning ?? null
        record.usage_source = source
        const { pico, custom } = callCost(
          {
            provider,
            deployment,
            model: step.body.view.model,
            status: answer.response.status,
            cached: false,
            usage,
            duration: exchange.elapsed() - sent,
          },
          { custom: step.options.customCost, overrides: gateway.prices, priceOf },
        )
        record.cost = pico === undefined ? null : dollarsOf(pico)
        record.custom_cost = custom
        return settle((usage?.input ?? 0) + (usage?.output ?? 0), record.cost ?? 0)
      }),
  }
}
