/**
 * Sends one step and meters its answer: tokens, cost and the first token, written into the record at the end.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewayError } from "../errors.ts"
import { callCost, listedPrice, type Tariff } from "../pricing/call-cost.ts"
import type { Usage } from "../usage/usage.ts"
import { estimateInput } from "../usage/estimate.ts"
import { Prices } from "../pricing/Prices.ts"
import type { AnswerObserver } from "../answer/answer-observer.ts"
import { requestUsage } from "../body/include-usage.ts"
import { jsonLength } from "../body/prepared-body.ts"
import type { UsageSource } from "../record/request-record.ts"
import { unlessAskedInVain } from "./stream-options-fallback.ts"
import type { Call, Observer, Sent, StepAnswer } from "./call.ts"
import type { Admission } from "./limited.ts"
import { readable } from "./readable-answer.ts"
import { type SendServices, sendStep } from "./send.ts"
import { recordedModel, type Step } from "./step.ts"
import { observerOf } from "./observe-answer.ts"

/** What metering asks of the layers. */
export type MeterServices = Prices

/**
 * Sends a step; a chat's or a completion's stream is asked for its usage, which is left out again of what the client
 * gets. A server that refuses to be asked gets the step as its client wrote it.
 */
export const meteredStep: (
  call: Call,
  headers: Headers,
  admission: Admission,
) => Effect.Effect<Sent, GatewayError, MeterServices | SendServices> = Effect.fnUntraced(
  function* (call, headers, admission) {
    const { record, elapsed, spentUpstream } = call.exchange
    const triesBefore = record.attempts.length
    const asking = call.gateway.requestsUsage ? askingStep(call.step) : undefined
    let asked: StepAnswer | undefined
    if (asking !== undefined) {
      const answer = yield* sendStep({ ...call, step: asking }, headers, admission.again)
      const answered = elapsed()
      asked = yield* unlessAskedInVain(answer)
      spentUpstream(elapsed() - answered)
    }
    const tries = record.attempts.length - triesBefore
    const given = asked ??
      (yield* sendStep(tries === 0 ? call : triedBefore(call, tries), headers, admission.again, tries))
    const { release } = admission
    const answer = releasing(yield* readable(call.step, given), release)
    const tariff: Tariff = {
      custom: call.step.options.customCost,
      overrides: call.gateway.prices,
      priceOf: (yield* Prices).priceOf,
    }
    const observer = observerOf(call.step, answer, {
      removesUsage: asked !== undefined,
      findsModel: !isPriced(call.step, call.step.body.view.model, tariff),
    })
    return {
      answer,
      headers: new Headers(admission.headers()),
      observer,
      meter: meterOf(call, answer, admission, observer, tariff, record.attempts.at(-1)?.started_ms ?? 0),
      observers: [],
    }
  },
)

/** The answer, with which something else is let go as well. */
const releasing = (answer: StepAnswer, release: (() => void) | undefined): StepAnswer =>
  release === undefined ? answer : {
    ...answer,
    release: () => {
      release()
      answer.release()
    },
  }

/** The call with as many tries as are left; the one that was spent on asking is not the client's. */
const triedBefore = (call: Call, tries: number): Call => {
  const { step } = call
  const { retry } = step.options
  const maxAttempts = Math.max(1, retry.maxAttempts - tries + 1)
  return { ...call, step: { ...step, options: { ...step.options, retry: { ...retry, maxAttempts } } } }
}

/** The step with a body that asks for the usage; nothing where it does already, or there is nothing to ask. */
const askingStep = (step: Step): Step | undefined => {
  const { body } = step
  // What is streamed up cannot be changed, and was not looked at either.
  const { framing } = step.route
  const isAsked = framing === "chat" || framing === "completions"
  if (!isAsked || !body.view.stream || body.kind !== "bytes") return undefined
  // Encoded bytes go up as they came.
  if (body.coding !== undefined) return undefined
  const bytes = requestUsage(body.bytes)
  return bytes && { ...step, body: { ...body, bytes } }
}

/** Whether it is known what a model costs, if it is this one that answers. */
const isPriced = (
  { route: { provider, deployment } }: Step,
  model: string | undefined,
  tariff: Tariff,
): boolean =>
  tariff.custom !== undefined || deployment !== undefined ||
  listedPrice({ provider, deployment, model }, tariff) !== undefined

/**
 * Watches an answer for its usage, and settles the limits with it.
 *
 * @param sent when the try that was answered was sent, in milliseconds since the request came
 */
const meterOf = (
  { exchange, step }: Call,
  answer: StepAnswer,
  { settle }: Admission,
  observer: AnswerObserver | undefined,
  tariff: Tariff,
  sent: number,
): Observer => {
  const { record } = exchange
  const { provider, deployment } = step.route
  let awaitsToken = step.route.framing !== undefined && observer !== undefined
  const modelAtEnd = (): string | undefined => {
    const asked = step.body.view.model
    const said = observer?.model()
    record.model ??= recordedModel(step) ?? said?.slice(0, 256) ?? null
    return isPriced(step, asked, tariff) ? asked : said ?? asked
  }

  const usageAt = (isWhole: boolean): readonly [Usage | undefined, UsageSource | null] => {
    // A JSON body that was cut short has none.
    const told = observer?.form() === "json" && !isWhole ? undefined : observer?.usage()
    if (told !== undefined) return [told, isWhole ? "exact" : "partial"]
    const output = observer?.outputTokens()
    if (output === undefined) return [undefined, null]
    const input = estimateInput(jsonLength(step.body))
    return [{ input, output, cachedInput: undefined, reasoning: undefined }, "estimated"]
  }

  return {
    push: () => {
      if (!awaitsToken || observer?.hasToken !== true) return
      awaitsToken = false
      record.time_to_first_token_ms = exchange.elapsed()
    },
    ended: (ending, whole) => {
      const duration = exchange.elapsed() - sent
      return Effect.suspend(() => {
        const [usage, source] = usageAt(whole || ending === "complete")
        record.error ??= observer?.error() ?? null
        record.tokens_in = usage?.input ?? null
        record.tokens_out = usage?.output ?? null
        record.tokens_cached = usage?.cachedInput ?? null
        record.tokens_reasoning = usage?.reasoning ?? null
        record.usage_source = source
        const { cost, custom } = callCost(
          {
            provider,
            deployment,
            model: modelAtEnd(),
            // What tells of an error costs what an error costs, whatever its status is.
            status: observer?.error() === undefined ? answer.status : 502,
            cached: false,
            usage,
            duration,
          },
          tariff,
        )
        record.cost = cost ?? null
        record.custom_cost = custom
        return settle((usage?.input ?? 0) + (usage?.output ?? 0), record.cost ?? 0)
      })
    },
  }
}
