/**
 * The limits of a call: checked before it is sent, and charged once it has ended.
 *
 * @module
 */
import * as Result from "effect/Result"
import { credentialIdentity, tokenSource } from "../auth/credential-identity.ts"
import { jsonLength } from "../body/prepared-body.ts"
import { choicesIn, outputLimit } from "../body/output-limit.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { SpendLimits } from "../config/limit-rules.ts"
import { badRequest, type GatewayError } from "../errors.ts"
import type { BudgetUse } from "../limit/admitted-call.ts"
import type { Admitted, Budgets } from "../limit/Limits.ts"
import { mayApply, type SpendSubject } from "../limit/partition.ts"
import { quotaFields } from "../limit/ratelimit-fields.ts"
import { expectedCost, worstCost } from "../pricing/expected-cost.ts"
import { redact } from "../redaction/secrets.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import type { CallServices } from "./stages.ts"
import type { Call, Next } from "./call.ts"
import { type CallTarget, modelOf } from "./target.ts"

/** Whether a gateway may limit a call: by rules of its own, of its tokens, or by the limits of its dynamic routes. */
export const hasLimits = ({ rateRules, spendLimits, routes, tokens }: GatewaySettings): boolean =>
  rateRules.length > 0 || spendLimits.enabled || routes.size > 0 ||
  tokens.some(({ limits }) => limits !== undefined)

/** Whether the cost of a call is unknown because neither its body nor its path names its model. */
const isUnpriceable = ({ route, body }: CallTarget): boolean =>
  body.isOpaque && route.deployment === undefined

const isSpendLimited = ({ enabled, rules }: SpendLimits, subject: SpendSubject): boolean =>
  enabled && rules.some((rule) => mayApply(rule, subject))

const unpriceable = (): GatewayError =>
  badRequest(
    "This gateway limits spend, and the body does not say which model it asks for. Send a JSON object in UTF-8 that " +
      'has "model", as text.',
  )

/**
 * The longest duration of a call without a total timeout: Baseten ends one that is not a stream after twenty minutes.
 */
const usualLongest = 1_800_000

/** How long after its call's total time a lease ends. */
const leaseMargin = 60_000

const longestOf = ({ totalTimeout }: GatewaySettings): number => totalTimeout ?? usualLongest

/** The costs of a call, in US dollars: the expected cost, and the highest one if that is reserved. */
const costsOf = (
  { gateway, target }: Call,
  { priceOf }: CallServices["prices"],
  reserves: boolean,
): { readonly expected: number; readonly worst: number } => {
  const { route: { provider, deployment, framing }, body, options } = target
  const bytes = body.kind === "bytes" && body.coding === undefined ? body.bytes : undefined
  const call = {
    provider,
    deployment,
    model: body.view.model,
    bytes: jsonLength(body),
    outputLimit: bytes && outputLimit(bytes, framing),
  }
  const tariff = { custom: options.customCost, overrides: gateway.prices, priceOf }
  const expected = expectedCost(call, tariff)
  if (!reserves) return { expected, worst: 0 }
  const choices = bytes === undefined ? 1 : choicesIn(bytes)
  return { expected, worst: worstCost({ ...call, choices }, longestOf(gateway), tariff) }
}

const noCosts = { expected: 0, worst: 0 }
const noBudgets: SpendLimits = { enabled: false, rules: [] }

/** Unique to each call of each request, in all gateways. */
const leaseOf = ({ exchange, gateway, report }: Call) => ({
  id: `${exchange.id}.${exchange.reports.indexOf(report)}`,
  ttl: longestOf(gateway) + leaseMargin,
})

/** Called after a charge, with how far budgets are used. */
export type OnSpent = (call: Call, uses: ReadonlyArray<BudgetUse>) => Awaitable<unknown>

const tell = (
  call: Call,
  onSpent: OnSpent,
  spent: Awaitable<ReadonlyArray<BudgetUse>>,
): Promise<void> | undefined => {
  const notifying = whenReady(spent, (uses) => onSpent(call, uses))
  return notifying instanceof Promise ? notifying.then(() => {}) : undefined
}

/** Admits a call if the limits allow it; its reservation is released if it gets no answer. */
export const limited = (
  { limits, prices }: Pick<CallServices, "limits" | "prices">,
  { rateRules: gatewayRules, spendLimits, onStoreOutage }: GatewaySettings,
  next: Next,
  onSpent?: OnSpent,
): Next =>
async (call) => {
  const { gateway, exchange, caller: { token }, target, report, budgets } = call
  const rules = token?.limits?.rateRules ?? gatewayRules
  const ownLimits = token?.limits?.spendLimits ?? noBudgets
  if (rules.length === 0 && !spendLimits.enabled && !ownLimits.enabled && budgets.length === 0) {
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
    redact: (text: string) => redact(text, ...exchange.secrets()),
  }
  const isLimited = budgets.length > 0 || isSpendLimited(spendLimits, subject) ||
    isSpendLimited(ownLimits, subject)
  if (isLimited && isUnpriceable(target)) return Result.fail(unpriceable())
  const entering: ReadonlyArray<Budgets> = [
    ...spendLimits.enabled ? [{ limits: spendLimits, subject }] : [],
    ...ownLimits.enabled ? [{ limits: ownLimits, subject }] : [],
    ...budgets,
  ]
  const reserves = entering.some(({ limits }) => limits.reserve)
  const admission = await limits.admit({
    rules,
    subject,
    budgets: entering,
    ...entering.length === 0 ? noCosts : costsOf(call, prices, reserves),
    lease: reserves ? leaseOf(call) : undefined,
    outage: onStoreOutage,
  })
  if (Result.isFailure(admission)) return Result.fail(admission.failure)
  const admitted = admission.success
  let { quota } = admitted
  call.admitsRetry = async () => {
    const again = await limits.acquire(rules, subject, onStoreOutage)
    if (Result.isSuccess(again)) quota = again.success
    return Result.isSuccess(again)
  }
  let isAnswered = false
  try {
    const result = await next(call)
    if (Result.isFailure(result)) return result
    isAnswered = true
    const answer = result.success
    for (const [name, value] of Object.entries(quotaFields(quota))) answer.headers.set(name, value)
    answer.onRelease(() => giveUp(admitted, call))
    answer.taps.push({
      push: undefined,
      ended: () => {
        const settled = admitted.settle((report.tokensIn ?? 0) + (report.tokensOut ?? 0), report.cost ?? 0)
        return onSpent === undefined || !report.cost
          ? settled
          : tell(call, onSpent, whenReady(settled, () => admitted.spent()))
      },
    })
    return result
  } finally {
    // The next step of the request is admitted separately. A call that was refused after it was sent is charged.
    if (!isAnswered) {
      await (report.usageSource === null
        ? admitted.release()
        : admitted.settle((report.tokensIn ?? 0) + (report.tokensOut ?? 0), report.cost ?? 0))
    }
  }
}

/**
 * Starts immediately, and is awaited after the response, since on Workers it would otherwise end with the request.
 */
const giveUp = (admitted: Admitted, { exchange }: Call): void => {
  const released = admitted.release()
  if (released instanceof Promise) exchange.settleBy(() => released)
}
