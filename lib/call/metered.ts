/**
 * Meters a call: tokens, cost and the time of its first token, written into its report at the end.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { AnswerObserver } from "../answer/answer-observer.ts"
import { jsonLength } from "../body/prepared-body.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { callCost, listedPrice, type Tariff } from "../pricing/call-cost.ts"
import type { Ending, UsageSource } from "../record/request-record.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import { estimateInput } from "../usage/estimate.ts"
import type { Usage } from "../usage/usage.ts"
import type { CallServices } from "./stages.ts"
import { type AnswerMeter, type Call, type CallResult, type Next, PendingAnswer } from "./call.ts"
import { type CallTarget, recordedModel } from "./target.ts"
import { observerOf } from "./observe-answer.ts"
import { readable } from "./readable-answer.ts"
import type { Tried } from "./retried.ts"

/** Tries a call, and meters its answer as its body passes. */
export const metered = (
  { prices }: Pick<CallServices, "prices">,
  gateway: GatewaySettings,
  tried: Tried,
): Next =>
(call) =>
  tried(
    call,
    (result) =>
      Result.isFailure(result) ? Result.fail(result.failure) : measured(call, result.success, {
        custom: call.target.options.customCost,
        overrides: gateway.prices,
        priceOf: prices.priceOf,
      }),
  )

const measured = (call: Call, from: UpstreamAnswer, tariff: Tariff): CallResult => {
  const { target } = call
  const given = readable(target, from)
  if (Result.isFailure(given)) return Result.fail(given.failure)
  const answer = new PendingAnswer(given.success, call)
  const findsModel = target.route.isKept || !isPriced(target, target.body.view.model, tariff)
  answer.observer = observerOf(target, answer, call.requestedUsage, findsModel)
  answer.meter = new Meter(call, answer, tariff)
  answer.taps.push(answer.meter)
  return Result.succeed(answer)
}

/** Whether the price of a model is known, provided that it is the one that answers. */
const isPriced = (
  { route: { provider, deployment } }: CallTarget,
  model: string | undefined,
  tariff: Tariff,
): boolean =>
  tariff.custom !== undefined || deployment !== undefined ||
  listedPrice({ provider, deployment, model }, tariff) !== undefined

/** A class, since each call has one: V8 takes longer to create closures than to run them. */
class Meter implements AnswerMeter {
  /** Observes what the provider sends, not what the client gets. */
  readonly push = undefined
  readonly #call: Call
  #observer: AnswerObserver | undefined
  readonly #status: number
  readonly #tariff: Tariff
  readonly #sent: number
  #awaitsToken: boolean
  #duration = 0

  constructor(call: Call, { observer, status }: PendingAnswer, tariff: Tariff) {
    this.#call = call
    this.#observer = observer
    this.#status = status
    this.#tariff = tariff
    this.#awaitsToken = call.target.route.framing !== undefined && observer !== undefined
    this.#sent = call.report.attempts.at(-1)?.started_ms ?? 0
  }

  observeBy(observer: AnswerObserver): void {
    this.#observer = observer
  }

  received(): void {
    if (!this.#awaitsToken || this.#observer?.hasToken !== true) return
    this.#awaitsToken = false
    this.#call.report.firstTokenAt = this.#call.exchange.elapsed()
  }

  /** The duration is known now; the usage is computed later. */
  stop(now: number): void {
    this.#duration = now - this.#sent
  }

  ended(ending: Ending, whole: boolean): void {
    const { report, target } = this.#call
    const { provider, deployment } = target.route
    const error = this.#observer?.error()
    const [usage, source] = this.#usage(whole || ending === "complete")
    report.error ??= error ?? null
    report.tokensIn = usage?.input ?? null
    report.tokensOut = usage?.output ?? null
    report.tokensCached = usage?.cachedInput ?? null
    report.tokensReasoning = usage?.reasoning ?? null
    report.usageSource = source
    const { cost, custom } = callCost(
      {
        provider,
        deployment,
        model: this.#modelAtEnd(),
        // An answer that reports an error is priced as an error, whatever its status.
        status: error === undefined ? this.#status : 502,
        cached: false,
        usage,
        duration: this.#duration,
      },
      this.#tariff,
    )
    report.cost = cost ?? null
    report.customCost = custom
  }

  #modelAtEnd(): string | undefined {
    const { report, target } = this.#call
    const requested = target.body.view.model
    const reported = this.#observer?.model()
    report.model ??= recordedModel(target) ?? reported?.slice(0, 256) ?? null
    return isPriced(target, requested, this.#tariff) ? requested : reported ?? requested
  }

  #usage(isWhole: boolean): readonly [Usage | undefined, UsageSource | null] {
    const observer = this.#observer
    // A fetched response was counted when it was made, unless that was in the background, which reports no usage.
    if (this.#call.target.route.isKept && observer?.isBackground() !== true) return [undefined, null]
    // A JSON body that was cut short has no usage.
    const reported = observer?.form() === "json" && !isWhole ? undefined : observer?.usage()
    if (reported !== undefined && isWhole) return [reported, "exact"]
    const output = observer?.outputTokens()
    if (reported !== undefined) {
      // The messages API reports no output tokens at the beginning, and the number only at the end.
      const written = this.#call.target.route.framing === "messages"
        ? Math.max(reported.output ?? 0, output ?? 0)
        : reported.output
      return [{ ...reported, output: written }, "partial"]
    }
    if (output === undefined) return [undefined, null]
    const input = estimateInput(jsonLength(this.#call.target.body))
    return [{ input, output, cachedInput: undefined, reasoning: undefined }, "estimated"]
  }
}
