/**
 * What calls take from budgets, and whether the budgets admit them.
 *
 * @module
 */
import type { SpendRule } from "../config/limit-rules.ts"
import { defaultZone, windowText } from "../config/window-length.ts"
import { spendLimited } from "../errors/limit-errors.ts"
import { fits } from "../store/period-counters.ts"
import type { Take, Taken, WindowUse } from "../store/counted.ts"
import { scopeOf } from "../store/guarantee.ts"
import { remaining, secondsOf, untilReset, waitFor, type Window } from "../store/windows.ts"
import { type Budget, nanos, spendName } from "./budget-counters.ts"
import { refusalsOf } from "./counter-keys.ts"
import type { Admission, Refusal } from "./outage.ts"
import type { SpendSubject } from "./partition.ts"
import { type AdvertisedRule, refusalFields } from "./ratelimit-fields.ts"

/** The budgets of one subject. */
export interface Spending {
  readonly budgets: ReadonlyArray<Budget>
  readonly subject: SpendSubject
}

/**
 * How much of a budget a call in flight holds, in nano-dollars: at most all of it, so that no request can make the
 * sums overflow.
 */
export const heldShare = (expected: number, { limit }: Window): number =>
  expected > 0 ? Math.min(nanos(expected), limit) : 0

/** The most that a call may cost, in whole nano-dollars, rounded up; capped just above the budget. */
export const worstShare = (worst: number, { limit }: Window): number =>
  worst > 0 ? Math.min(Math.ceil(worst * 1e9 - 1e-6), limit + 1) : 0

/** An amount in nano-dollars, or 0 for what is not an amount: NaN from the price table, a negative custom cost. */
export const amountOf = (dollars: number): number => {
  const amount = nanos(dollars)
  return Number.isSafeInteger(amount) && amount > 0 ? amount : 0
}

/** How long to wait, in milliseconds, until a take may find room. */
const waitOf = (
  { counted: { window }, holds }: Take,
  { previous, current }: WindowUse,
  now: number,
): number => {
  const spent = { previous, current }
  const units = Math.max(1, holds)
  if (units > window.limit) return untilReset(window, now)
  // Only calls in flight are in the way, and may leave room any moment.
  return remaining(window, spent, now) >= units ? 1000 : waitFor(window, spent, now, units)
}

/**
 * The refusal of the first budget that refuses; `undefined` if all admit.
 *
 * @param first where the takes of these budgets begin among those of the admission
 */
export const budgetRefusal = (
  { budgets, subject }: Spending,
  takes: ReadonlyArray<Take>,
  first: number,
  { taken, guarantees }: Admission,
): Refusal | undefined => {
  const { passed, now, uses } = taken as Taken
  if (passed) return undefined
  for (const [index, { rule, window, count: { gateway }, reserves }] of budgets.entries()) {
    const [take, use] = [takes[first + index] as Take, uses[first + index] as WindowUse]
    if (fits(take, use, now)) continue
    const states = [{
      rule: advertised(rule, secondsOf(window, now)),
      remaining: 0,
      untilMore: waitOf(take, use, now),
    }]
    const guarantee = scopeOf(reserves ? guarantees.reserved : guarantees.budgets)
    return {
      error: spendLimited(
        detailOf(rule, subject, take.holds > window.limit),
        refusalFields({ guarantee, states }, states),
      ),
      counted: [refusalsOf(spendName(gateway, rule), gateway, window)],
    }
  }
  return undefined
}

/** Cloudflare's sentence, as observed. */
const detailOf = (
  { id, limit, window, time_zone: zone = defaultZone, technique }: SpendRule,
  { provider, model }: SpendSubject,
  neverFits: boolean,
): string =>
  `Spend limit exceeded: rule '${id}' (cost limit ${limit} per ${windowText(window, zone, "s")}, ` +
  `${technique}) for ${`${provider} ${model ?? ""}`.trim()}${
    neverFits ? ". The call may cost more than that by itself: set a lower max_tokens" : ""
  }`

/** Numbers of the header fields are whole, and too short for nano-dollars. */
const advertised = ({ id, limit }: SpendRule, interval: number): AdvertisedRule => ({
  id,
  limit: Math.round(limit * 1e6),
  interval,
  unit: "micro-usd",
})
