/**
 * The limits of a call: checked before it is sent, and charged once it has ended.
 *
 * @module
 */
import * as Result from "effect/Result"
import { credentialIdentity, tokenSource } from "../auth/credential-identity.ts"
import { jsonLength } from "../body/prepared-body.ts"
import { outputLimit } from "../body/output-limit.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { SpendLimits } from "../config/limit-rules.ts"
import { badRequest, type GatewayError } from "../errors.ts"
import { mayApply, type SpendSubject } from "../limit/partition.ts"
import { quotaFields } from "../limit/ratelimit-fields.ts"
import type { CostCharge } from "../limit/SpendLimit.ts"
import { expectedCost } from "../pricing/expected-cost.ts"
import { redact } from "../redaction/secrets.ts"
import type { CallServices } from "./call-provider.ts"
import type { Budgets, Call, Next } from "./call.ts"
import { type CallTarget, modelOf } from "./call-target.ts"

/** Whether a gateway may limit a call: by rules of its own, of its tokens, or by the limits of its dynamic routes. */
export const limits = ({ rateRules, spendLimits, routes, tokens }: GatewaySettings): boolean =>
  rateRules.length > 0 || spendLimits.enabled || routes.size > 0 ||
  tokens.some(({ limits }) => limits !== undefined)

/** Whether the cost of a call is unknown because neither its body nor its address says which model it asks for. */
const isUnpriceable = ({ route, body }: CallTarget): boolean =>
  body.isOpaque && route.deployment === undefined

const isSpendLimited = ({ enabled, rules }: SpendLimits, subject: SpendSubject): boolean =>
  enabled && rules.some((rule) => mayApply(rule, subject))

const unpriceable = (): GatewayError =>
  badRequest(
    "This gateway limits spend, and the body does not tell which model it asks for. Send a JSON object in UTF-8 that " +
      'has "model", as text.',
  )

/** What a call is expected to cost, in US dollars. */
const expectedOf = ({ gateway, target }: Call, { priceOf }: CallServices["prices"]): number => {
  const { route: { provider, deployment }, body, options } = target
  const call = {
    provider,
    deployment,
    model: body.view.model,
    bytes: jsonLength(body),
    outputLimit: body.kind === "bytes" && body.coding === undefined ? outputLimit(body.bytes) : undefined,
  }
  return expectedCost(call, { custom: options.customCost, overrides: gateway.prices, priceOf })
}

const noBudgets: SpendLimits = { enabled: false, rules: [] }

/** Admits a call if the limits allow it; what it reserved is released if it gets no answer. */
export const limited = (
  { rateLimit, spendLimit, prices }: Pick<CallServices, "rateLimit" | "spendLimit" | "prices">,
  { rateRules: gatewayRules, spendLimits }: GatewaySettings,
  next: Next,
): Next =>
async (call) => {
  const { gateway, caller: { token }, target, report, budgets } = call
  const rateRules = token?.limits?.rateRules ?? gatewayRules
  const ownLimits = token?.limits?.spendLimits ?? noBudgets
  if (rateRules.length === 0 && !spendLimits.enabled && !ownLimits.enabled && budgets.length === 0) {
    return next(call)
  }
  // A gateway token identifies a member of a team; without one, the caller's own key does.
  const source = token === undefined ? call.credential : tokenSource(token)
  const subject = {
    gateway: gateway.id,
    key: await credentialIdentity(source),
    model: modelOf(target),
    metadata: target.options.metadata,
    provider: target.route.provider,
    redact: (text: string) => redact(text, ...call.exchange.secrets()),
  }
  const isLimited = budgets.length > 0 || isSpendLimited(spendLimits, subject) ||
    isSpendLimited(ownLimits, subject)
  if (isLimited && isUnpriceable(target)) return Result.fail(unpriceable())
  const chargeTokens = await rateLimit.prepareTokenCharge(rateRules, subject)
  const charges: Array<CostCharge> = []
  const release = (): void => {
    for (const charge of charges) charge.release()
  }
  const entering: ReadonlyArray<Budgets> = [
    ...spendLimits.enabled ? [{ limits: spendLimits, subject }] : [],
    ...ownLimits.enabled ? [{ limits: ownLimits, subject }] : [],
    ...budgets,
  ]
  const expected = entering.length === 0 ? 0 : expectedOf(call, prices)
  let admitted = false
  try {
    for (const { limits, subject } of entering) {
      const charge = await spendLimit.enter(limits, subject, expected)
      if (Result.isFailure(charge)) return Result.fail(charge.failure)
      charges.push(charge.success)
    }
    const acquired = await rateLimit.acquire(rateRules, subject)
    if (Result.isFailure(acquired)) return Result.fail(acquired.failure)
    let quota = acquired.success
    call.admitsRetry = async () => {
      const again = await rateLimit.acquire(rateRules, subject)
      if (Result.isSuccess(again)) quota = again.success
      return Result.isSuccess(again)
    }
    const result = await next(call)
    if (Result.isFailure(result)) return result
    admitted = true
    const answer = result.success
    for (const [name, value] of Object.entries(quotaFields(quota))) answer.headers.set(name, value)
    answer.onRelease(release)
    answer.taps.push({
      push: undefined,
      ended: async () => {
        await chargeTokens((report.tokensIn ?? 0) + (report.tokensOut ?? 0))
        for (const charge of charges) await charge.charge(report.cost ?? 0)
      },
    })
    return result
  } finally {
    if (!admitted) release()
  }
}
