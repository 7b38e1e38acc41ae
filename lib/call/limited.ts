/**
 * The limits of one step: asked before it is sent, and settled once it has ended.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { credentialIdentity, type CredentialSource } from "../auth/credential-identity.ts"
import { badRequest, type GatewayError } from "../errors.ts"
import type { SpendLimits } from "../config/limit-rules.ts"
import { mayApply, type SpendSubject } from "../limit/partition.ts"
import { RateLimit } from "../limit/RateLimit.ts"
import { quotaFields } from "../limit/ratelimit-fields.ts"
import { type CostCharge, SpendLimit } from "../limit/SpendLimit.ts"
import { expectedCost } from "../pricing/expected-cost.ts"
import { Prices } from "../pricing/Prices.ts"
import { outputLimit } from "../body/output-limit.ts"
import { jsonLength } from "../body/prepared-body.ts"
import type { Call } from "./call.ts"
import { lift, liftResult } from "./lift.ts"
import { modelOf, type Step } from "./step.ts"

/** What limits ask of the layers. */
export type LimitServices = Prices | RateLimit | SpendLimit

/** Leave to send a step. */
export interface Admission {
  /** What the answer is to tell of the limits. */
  readonly headers: () => Readonly<Record<string, string>>
  /** Counts another try of the step, if the limits allow one. */
  readonly again: Effect.Effect<boolean>
  /** Settles the limits with the tokens that the step took and what it cost, in US dollars. */
  readonly settle: (tokens: number, cost: number) => Effect.Effect<void>
  /** To be called where there is nothing to settle: no answer came, or it was let go. */
  readonly release?: () => void
}

const unlimited: Admission = {
  headers: () => ({}),
  again: Effect.succeed(true),
  settle: () => Effect.void,
}

/** Admits a step if the limits of its gateway allow it. A gateway without limits costs nothing here. */
export const admit = (
  call: Call,
  credential: CredentialSource,
): Effect.Effect<Admission, GatewayError, LimitServices> => {
  const { rateRules, spendLimits } = call.gateway
  return rateRules.length > 0 || spendLimits.enabled || call.budgets.length > 0
    ? admitWithin(call, credential)
    : Effect.succeed(unlimited)
}

/** Whether nobody can tell what a call costs: its body does not say which model it asks for, nor does its address. */
const isUnpriceable = ({ route, body }: Step): boolean => body.isOpaque && route.deployment === undefined

const isSpendLimited = ({ enabled, rules }: SpendLimits, subject: SpendSubject): boolean =>
  enabled && rules.some((rule) => mayApply(rule, subject))

const unpriceable = (): GatewayError =>
  badRequest(
    "This gateway limits spend, and the body does not tell which model it asks for. Send a JSON object in UTF-8 that " +
      'has "model", as text.',
  )

/** What a step is expected to cost, in US dollars. */
const expectedOf = ({ gateway, step }: Call, { priceOf }: Prices["Service"]): number => {
  const { route: { provider, deployment }, body, options } = step
  const call = {
    provider,
    deployment,
    model: body.view.model,
    bytes: jsonLength(body),
    outputLimit: body.kind === "bytes" && body.coding === undefined ? outputLimit(body.bytes) : undefined,
  }
  return expectedCost(call, { custom: options.customCost, overrides: gateway.prices, priceOf })
}

const admitWithin = Effect.fnUntraced(function* (call: Call, credential: CredentialSource) {
  const { gateway, caller, step } = call
  const { rateRules, spendLimits } = gateway
  const rates = yield* RateLimit
  const spending = yield* SpendLimit
  const prices = yield* Prices
  // A gateway token tells members of a team apart; a key of the caller's own does where there is none.
  const source = caller.token === undefined ? credential : { kind: "secret", secret: caller.token } as const
  const subject = {
    gateway: gateway.id,
    key: yield* Effect.promise(() => credentialIdentity(source)),
    model: modelOf(step),
    metadata: step.options.metadata,
    provider: step.route.provider,
  }
  if (isUnpriceable(step) && (call.budgets.length > 0 || isSpendLimited(spendLimits, subject))) {
    return yield* unpriceable()
  }
  const chargeTokens = yield* lift(() => rates.prepareTokenCharge(rateRules, subject))
  const entered: Array<CostCharge> = []
  const release = (): void => {
    for (const each of entered) each.release()
  }
  const acquire = liftResult(() => rates.acquire(rateRules, subject))
  const enter = Effect.gen(function* () {
    const budgets = [{ limits: spendLimits, subject }, ...call.budgets]
    const expected = spendLimits.enabled || call.budgets.length > 0 ? expectedOf(call, prices) : 0
    for (const { limits, subject } of budgets) {
      entered.push(yield* liftResult(() => spending.enter(limits, subject, expected)))
    }
    return yield* acquire
  })
  let quota = yield* Effect.onError(enter, () => Effect.sync(release))
  return {
    headers: () => quotaFields(quota),
    again: Effect.match(acquire, {
      onSuccess: (acquired) => {
        quota = acquired
        return true
      },
      onFailure: () => false,
    }),
    settle: (tokens: number, cost: number) =>
      entered.reduce(
        (settled, { charge }) => Effect.andThen(settled, lift(() => charge(cost))),
        lift(() => chargeTokens(tokens)),
      ),
    release,
  }
})
