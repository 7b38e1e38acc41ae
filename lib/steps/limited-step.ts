/**
 * The limits of one step: asked before it is sent, and settled once it has ended.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { credentialIdentity, type CredentialSource } from "../auth/credential-identity.ts"
import type { GatewayError } from "../errors.ts"
import { RateLimit } from "../limit/RateLimit.ts"
import { SpendLimit } from "../limit/SpendLimit.ts"
import { dollarsOf, picoCostOf } from "../meter/price.ts"
import { staticPriceOf } from "../meter/static-prices.ts"
import type { Usage } from "../meter/usage.ts"
import { usageTap } from "../meter/usage-tap.ts"
import type { Call, Observer, Sent, StepAnswer } from "./call.ts"
import { modelOf, type Step } from "./step.ts"

/** What limits ask of the layers. */
export type LimitServices = RateLimit | SpendLimit

/** Sends a step if the limits of its gateway allow it. A gateway without limits costs nothing here. */
export const limitedStep = <R>(
  call: Call,
  credential: CredentialSource,
  send: Effect.Effect<StepAnswer, GatewayError, R>,
): Effect.Effect<Sent, GatewayError, R | LimitServices> => {
  const { rateRules, spendLimits } = call.gateway
  return rateRules.length > 0 || spendLimits.enabled || call.budgets.length > 0
    ? limited(call, credential, send)
    : Effect.map(send, (answer) => ({ answer, headers: new Headers(), observers: [] }))
}

const limited = Effect.fnUntraced(function* <R>(
  call: Call,
  credential: CredentialSource,
  send: Effect.Effect<StepAnswer, GatewayError, R>,
) {
  const { exchange, gateway, caller, step } = call
  const rates = yield* RateLimit
  const spending = yield* SpendLimit
  // A gateway token tells members of a team apart; a key of the caller's own does where there is none.
  const source = caller.token === undefined ? credential : { kind: "secret", secret: caller.token } as const
  const subject = {
    gateway: gateway.id,
    key: yield* Effect.promise(() => credentialIdentity(source)),
    model: modelOf(step),
    metadata: step.options.metadata,
    provider: step.route.provider,
  }
  yield* spending.check(gateway.spendLimits, subject)
  // A request is counted once, however many steps it takes; rules by model count each model that is called.
  const { counted } = exchange
  const due = gateway.rateRules.filter(({ per }) =>
    counted.length === 0 || (per.includes("model") && !counted.includes(subject.model))
  )
  const headers = yield* rates.take(due, subject)
  counted.push(subject.model)
  const answer = yield* send
  const settle = (usage: Usage | undefined) => {
    const tokens = (usage?.input ?? 0) + (usage?.output ?? 0)
    const cost = costOf(step, usage) ?? 0
    const budgets = [{ limits: gateway.spendLimits, subject }, ...call.budgets]
    return budgets.reduce(
      (settled, { limits, subject }) => Effect.andThen(settled, spending.book(limits, subject, cost)),
      rates.settle(gateway.rateRules, subject, tokens),
    )
  }
  return { answer, headers: new Headers(headers), observers: meter(step, answer, settle) }
})

/**
 * Watches for the usage, and settles with it at the end. What cannot be read settles what is known without; an error
 * costs nothing.
 */
const meter = (
  { route }: Step,
  { headers, response: { status } }: StepAnswer,
  settle: (usage: Usage | undefined) => Effect.Effect<void>,
): ReadonlyArray<Observer> => {
  if (status >= 400) return []
  const type = headers.get("content-type") ?? ""
  const kind = /^text\/event-stream\b/i.test(type) ? "sse" : /\bjson\b/i.test(type) ? "json" : undefined
  if (status !== 200 || kind === undefined) return [{ push: () => {}, ended: () => settle(undefined) }]
  const tap = usageTap({ kind, ...(route.framing && { framing: route.framing }) })
  return [{
    push: tap.push,
    // The usage of a JSON body stands near its end: one that was cut short has none.
    ended: (ending) => settle(kind === "sse" || ending === "complete" ? tap.finish() : undefined),
  }]
}

/** In USD: the caller's own figure, else Baseten's price; nothing where it is not known, which costs nothing. */
const costOf = ({ route, body, options }: Step, usage: Usage | undefined): number | undefined => {
  const { customCost } = options
  if (customCost !== undefined && "total" in customCost) return dollarsOf(customCost.total)
  const { model } = body.view
  const price = customCost?.price ??
    (route.provider === "baseten" && !route.dedicated && model !== undefined
      ? staticPriceOf(model)
      : undefined)
  const pico = picoCostOf(usage, price)
  return pico === undefined ? undefined : dollarsOf(pico)
}
