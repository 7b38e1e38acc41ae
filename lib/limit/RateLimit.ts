/**
 * Admits requests as far as a gateway's rate rules allow.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { RateRule } from "../config/limit-rules.ts"
import { defaultZone, windowText } from "../config/window-length.ts"
import { type GatewayError, rateLimited } from "../errors.ts"
import { Store, type StoreShape } from "../store/Store.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import { type PlainClock, plainClock } from "../time/clock.ts"
import { additionOf, rememberDigests, usageAdditions, usagesIn } from "./counter-keys.ts"
import type { LimitSubject } from "./partition.ts"
import { type RateCount, rateCountsOf, rateLength } from "./rates.ts"
import { type Quota, refusalFields, type RuleState, secondsUntilMore } from "./ratelimit-fields.ts"
import { millisUntilMore, remaining, secondsOf } from "./windows.ts"

/** Charges tokens to the rules of a request, in the window in which it ended. */
export type TokenCharge = (tokens: number) => Awaitable<void>

/** What `RateLimit` does. */
export interface RateLimitShape {
  /**
   * Takes one request from every request rule, or from none: if one refuses, the others get theirs back. A
   * token rule takes nothing yet; it refuses once its quota is used up.
   *
   * Never admits more than a rule allows, however many requests arrive at once; while a refused request's share is
   * being returned, another may be refused a moment too early. A call counts even if its client leaves.
   *
   * Returns the state of the rules that apply. Fails with `rate_limited`, whose headers say how long to wait for all
   * rules that refuse.
   */
  readonly acquire: (
    rules: ReadonlyArray<RateRule>,
    subject: LimitSubject,
  ) => Awaitable<Result.Result<Quota, GatewayError>>
  /**
   * Makes what charges the tokens of a request to the token rules. It is made before the request is sent: then the
   * charge waits for nothing but the store, and the next request finds it made as soon as the answer is there.
   */
  readonly prepareTokenCharge: (
    rules: ReadonlyArray<RateRule>,
    subject: LimitSubject,
  ) => Awaitable<TokenCharge>
}

/** Rate limits: Cloudflare's per gateway, and ours per key, model, metadata value and by tokens. */
export class RateLimit extends Context.Service<RateLimit, RateLimitShape>()("basegate/limit/RateLimit") {
  /** Counts in the `Store`: exact as far as its guarantee goes. */
  static readonly layer: Layer.Layer<RateLimit, never, Store> = Layer.effect(
    RateLimit,
    Effect.gen(function* () {
      return makeRateLimit(yield* Store, yield* plainClock)
    }),
  )
}

const chargeNothing: TokenCharge = () => {}

/** The rate limits over a store. */
export const makeRateLimit = (store: StoreShape, { wall }: PlainClock): RateLimitShape => {
  const digest = rememberDigests()
  const unlimited = Result.succeed<Quota>({ guarantee: store.guarantee, states: [] })

  const acquire = (counts: ReadonlyArray<RateCount>): Awaitable<Result.Result<Quota, GatewayError>> => {
    if (counts.length === 0) return unlimited
    const now = wall()
    const taken = (index: number): number => counts[index]?.rule.unit === "requests" ? 1 : 0
    return whenReady(store.add(usageAdditions(counts, taken, now)), (sums) => {
      const states: Array<RuleState> = []
      const refused: Array<RuleState> = []
      let firstRefused: RateRule | undefined
      for (const [index, { previous, current }] of usagesIn(counts, sums).entries()) {
        const count = counts[index] as RateCount
        const { rule, rule: { id, limit, unit }, window } = count
        const fits = remaining(window, { previous, current }, now) >= 1 - taken(index)
        const usage = fits ? { previous, current } : { previous, current: current - taken(index) }
        const state = {
          rule: { id, limit, unit, interval: secondsOf(window, now) },
          remaining: Math.max(0, remaining(window, usage, now)),
          untilMore: millisUntilMore(window, usage, now),
        }
        states.push(state)
        if (fits) continue
        refused.push(state)
        firstRefused ??= rule
      }
      const quota = { guarantee: store.guarantee, states }
      if (firstRefused === undefined) return Result.succeed(quota)
      const givenBack = counts.filter((_, index) => taken(index) === 1).map((count) =>
        additionOf(count, -1, now)
      )
      const error = rateLimited(
        detailOf(firstRefused, secondsUntilMore(refused)),
        refusalFields(quota, refused),
      )
      return whenReady(givenBack.length === 0 ? [] : store.add(givenBack), () => Result.fail(error))
    })
  }

  const charge = (counts: ReadonlyArray<RateCount>): TokenCharge => (tokens) => {
    if (!(tokens > 0)) return
    const now = wall()
    return whenReady(store.add(counts.map((count) => additionOf(count, tokens, now))), () => {})
  }

  return {
    acquire: (rules, subject) =>
      rules.length === 0 ? unlimited : whenReady(rateCountsOf(rules, subject, digest), acquire),
    prepareTokenCharge: (rules, subject) => {
      const due = rules.filter(({ unit }) => unit === "tokens")
      return due.length === 0 ? chargeNothing : whenReady(rateCountsOf(due, subject, digest), charge)
    },
  }
}

const detailOf = (rule: RateRule, seconds: number): string => {
  const { id, limit, unit, time_zone: zone = defaultZone } = rule
  return `The limit "${id}" of ${limit} ${unit} per ${
    windowText(rateLength(rule), zone, " s")
  } is used up. ` +
    `Try again in ${seconds} s.`
}
