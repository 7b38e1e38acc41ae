/**
 * What requests take from rates, and whether the rates admit them.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { RateRule } from "../config/limit-rules.ts"
import { defaultZone, windowText } from "../config/window-length.ts"
import { rateLimited } from "../errors/limit-errors.ts"
import type { Counted, Take, Taken, WindowUse } from "../store/counted.ts"
import { fits } from "../store/period-counters.ts"
import { scopeOf } from "../store/guarantee.ts"
import { millisUntilMore, remaining, secondsOf } from "../store/windows.ts"
import { refusalsOf } from "./counter-keys.ts"
import type { Admission, Refusal } from "./outage.ts"
import { type RateCount, rateLength, rateName } from "./rate-counters.ts"
import { type Quota, refusalFields, type RuleState, secondsUntilMore } from "./ratelimit-fields.ts"

/**
 * One request from each request rule. A token rule takes nothing yet; it refuses once its quota is used up.
 *
 * @param into the list to add the takes to
 */
export const addRateTakes = (counts: ReadonlyArray<RateCount>, into: Array<Take>): void => {
  for (const counted of counts) {
    into.push({ counted, by: counted.rule.unit === "requests" ? 1 : 0, holds: 0, ahead: 0 })
  }
}

/** No rate applies, or none is known. */
export const noQuota: Quota = { guarantee: "local", states: [] }

/**
 * The state of the rates. Fails with `rate_limited` if some of them refuse; its headers say how long to wait for all that
 * do.
 *
 * @param first where the rates' takes begin among those of the admission
 */
export const rateOutcome = (
  counts: ReadonlyArray<RateCount>,
  takes: ReadonlyArray<Take>,
  first: number,
  { taken, guarantees }: Admission,
): Result.Result<Quota, Refusal> => {
  const { passed, now, uses } = taken as Taken
  const guarantee = scopeOf(guarantees.rates)
  const states: Array<RuleState> = []
  const refused: Array<RuleState> = []
  const refusals: Array<Counted> = []
  let firstRefused: RateRule | undefined
  for (const [index, { rule, window, count: { gateway } }] of counts.entries()) {
    const use = uses[first + index] as WindowUse
    const { id, limit, unit } = rule
    const state = {
      rule: { id, limit, unit, interval: secondsOf(window, now) },
      remaining: Math.max(0, remaining(window, use, now)),
      untilMore: millisUntilMore(window, use, now),
    }
    states.push(state)
    if (passed || fits(takes[first + index] as Take, use, now)) continue
    refused.push(state)
    refusals.push(refusalsOf(rateName(gateway, rule), gateway, window))
    firstRefused ??= rule
  }
  const quota = { guarantee, states }
  return firstRefused === undefined ? Result.succeed(quota) : Result.fail({
    error: rateLimited(detailOf(firstRefused, secondsUntilMore(refused)), refusalFields(quota, refused)),
    counted: refusals,
  })
}

const detailOf = (rule: RateRule, seconds: number): string => {
  const { id, limit, unit, time_zone: zone = defaultZone } = rule
  return `The limit "${id}" of ${limit} ${unit} per ${
    windowText(rateLength(rule), zone, " s")
  } is used up. ` +
    `Try again in ${seconds} s.`
}
