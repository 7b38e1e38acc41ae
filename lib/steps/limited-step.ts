/**
 * The limits of one step: asked before it is sent, and settled once it has ended.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { credentialIdentity, type CredentialSource } from "../auth/credential-identity.ts"
import { badRequest, type GatewayError } from "../errors.ts"
import type { RateRule, SpendLimits } from "../config/limit-rules.ts"
import { mayApply, ratePartition, type SpendSubject } from "../limit/partition.ts"
import { RateLimit } from "../limit/RateLimit.ts"
import { SpendLimit } from "../limit/SpendLimit.ts"
import type { Call } from "./call.ts"
import { modelOf, type Step } from "./step.ts"

/** What limits ask of the layers. */
export type LimitServices = RateLimit | SpendLimit

/** Leave to send a step. */
export interface Admission {
  /** What the answer tells of the limits. */
  readonly headers: Readonly<Record<string, string>>
  /** Settles the limits with the tokens that the step took and what it cost, in US dollars. */
  readonly settle: (tokens: number, cost: number) => Effect.Effect<void>
}

const unlimited: Admission = { headers: {}, settle: () => Effect.void }

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

const admitWithin = Effect.fnUntraced(function* (call: Call, credential: CredentialSource) {
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
  if (isUnpriceable(step) && (call.budgets.length > 0 || isSpendLimited(gateway.spendLimits, subject))) {
    return yield* unpriceable()
  }
  yield* spending.check(gateway.spendLimits, subject)
  // A rule counts a request once, however many steps it takes; but each model, key or value that it tells apart.
  const { rates: seen } = exchange
  const countOf = (rule: RateRule) => JSON.stringify([rule.id, ratePartition(rule, subject)])
  const due = gateway.rateRules.filter((rule) => !seen.counted.has(countOf(rule)))
  const taken = yield* rates.take(due, subject)
  for (const rule of due) seen.counted.add(countOf(rule))
  const headers = due.length === 0 ? seen.told : taken
  seen.told = headers
  const settleTokens = yield* rates.settlement(gateway.rateRules, subject)
  const books = [yield* spending.booking(gateway.spendLimits, subject), ...call.budgets]
  const settle = (tokens: number, cost: number) =>
    books.reduce((settled, book) => Effect.andThen(settled, book(cost)), settleTokens(tokens))
  return { headers, settle }
})
