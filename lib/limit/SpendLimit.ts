/**
 * Refuses requests once a budget is spent.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { SpendLimits, SpendRule } from "../config/limit-rules.ts"
import { defaultZone, windowText } from "../config/window-length.ts"
import { type GatewayError, spendLimited } from "../errors.ts"
import { Store, type StoreShape } from "../store/Store.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import { type PlainClock, plainClock } from "../time/clock.ts"
import { type Budget, budgetsOf, nanos } from "./budgets.ts"
import { type BudgetState, readBudgets } from "./budget-states.ts"
import { additionOf, rememberDigests, usageAdditions, usagesIn } from "./counter-keys.ts"
import type { SpendReader, SpendSubject } from "./partition.ts"
import { type AdvertisedRule, refusalFields } from "./ratelimit-fields.ts"
import { makeUnderWay } from "./under-way.ts"
import { remaining, secondsOf, waitFor, type Window } from "./windows.ts"

/** A call that its budgets let pass. */
export interface CostCharge {
  /**
   * Charges what it cost, in USD, in the window in which it ended. An unknown cost is not charged. The call no longer
   * counts as under way.
   */
  readonly charge: (cost: number) => Awaitable<void>
  /** The call no longer counts as under way, and cost nothing. No effect once its cost is charged. */
  readonly release: () => void
}

/** What `SpendLimit` does. */
export interface SpendLimitShape {
  /** Fails with `spend_limited` and the headers of a rate limit at the first rule whose budget is spent. */
  readonly check: (
    limits: SpendLimits,
    subject: SpendSubject,
  ) => Awaitable<Result.Result<void, GatewayError>>
  /**
   * The same, and lets a call pass. Until its cost is charged, or it is released, it counts as what it is expected to
   * cost, which is all of the budget at most; if only such calls stand in the way of another, that one may come back in a
   * second.
   *
   * The charge waits for nothing but the store: the next request finds it made as soon as the answer is there.
   *
   * @param expected in USD
   */
  readonly enter: (
    limits: SpendLimits,
    subject: SpendSubject,
    expected: number,
  ) => Awaitable<Result.Result<CostCharge, GatewayError>>
  /**
   * What is left of the budgets that a reader has, one for each rule that applies. Where a rule has several for it (one for
   * each model, say, and no model is given), it is the one that has spent most.
   */
  readonly states: (
    limits: SpendLimits,
    reader: SpendReader,
  ) => Awaitable<ReadonlyArray<BudgetState>>
}

/**
 * Spend limits, like Cloudflare's: every rule that matches must be under budget, and a request's cost is charged when it
 * has ended. Calls under way count as well, with their expected cost: a burst overshoots a budget by no more than what
 * those calls cost beyond that, and no stream is cut.
 */
export class SpendLimit extends Context.Service<SpendLimit, SpendLimitShape>()("basegate/limit/SpendLimit") {
  /** Counts in the `Store`; what is under way, in this process. */
  static readonly layer: Layer.Layer<SpendLimit, never, Store> = Layer.effect(
    SpendLimit,
    Effect.gen(function* () {
      return makeSpendLimit(yield* Store, yield* plainClock)
    }),
  )
}

const allowed: Result.Result<void> = Result.succeed(undefined)
const nothingSpent: Result.Result<CostCharge> = Result.succeed({ charge: () => {}, release: () => {} })

/** The spend limits over a store. */
export const makeSpendLimit = (store: StoreShape, { wall }: PlainClock): SpendLimitShape => {
  const digest = rememberDigests()
  const underWay = makeUnderWay()

  /** Whether all budgets have something left, beyond what is ahead of the call in each. */
  const checkAll = (
    budgets: ReadonlyArray<Budget>,
    ahead: ReadonlyArray<number>,
    subject: SpendSubject,
    now: number,
  ): Awaitable<Result.Result<void, GatewayError>> => {
    if (budgets.length === 0) return allowed
    return whenReady(store.add(usageAdditions(budgets, () => 0, now)), (sums) => {
      for (const [index, usage] of usagesIn(budgets, sums).entries()) {
        const { rule, window } = budgets[index] as Budget
        const isSpent = remaining(window, usage, now) < 1
        const expected = { previous: usage.previous, current: usage.current + (ahead[index] ?? 0) }
        if (!isSpent && remaining(window, expected, now) >= 1) continue
        const wait = isSpent ? waitFor(window, usage, now, 1) : 1000
        const { guarantee } = store
        const states = [{
          rule: advertised(rule, secondsOf(window, now)),
          remaining: 0,
          untilMore: wait,
        }]
        return Result.fail(
          spendLimited(detailOf(rule, subject), refusalFields({ guarantee, states }, states)),
        )
      }
      return allowed
    })
  }

  const charge = (budgets: ReadonlyArray<Budget>, amount: number): Awaitable<unknown> => {
    const now = wall()
    return budgets.length === 0
      ? undefined
      : store.add(budgets.map((budget) => additionOf(budget, amount, now)))
  }

  const enter = (
    budgets: ReadonlyArray<Budget>,
    subject: SpendSubject,
    cost: number,
  ): Awaitable<Result.Result<CostCharge, GatewayError>> => {
    const now = wall()
    // Counted before the store is read, which may take a while: the next request then sees this call.
    const ahead = budgets.map(({ count }) => underWay.sum(count.name, now))
    const releases = budgets.map(({ count, window }) => underWay.add(count.name, shareOf(cost, window), now))
    const release = (): void => {
      for (const each of releases) each()
    }
    const checked = checkAll(budgets, ahead, subject, now)
    if (checked instanceof Promise) checked.catch(release)
    return whenReady(checked, (checked) => {
      if (Result.isFailure(checked)) {
        release()
        return Result.fail(checked.failure)
      }
      return Result.succeed({
        charge: (cost) => {
          const amount = amountOf(cost)
          const charged = amount === 0 ? undefined : charge(budgets, amount)
          return charged instanceof Promise ? charged.finally(release).then(() => {}) : release()
        },
        release,
      })
    })
  }

  return {
    check: (limits, subject) =>
      limits.enabled
        ? whenReady(budgetsOf(limits, subject, digest), (budgets) => {
          const now = wall()
          return checkAll(budgets, budgets.map(({ count }) => underWay.sum(count.name, now)), subject, now)
        })
        : allowed,
    enter: (limits, subject, expected) =>
      limits.enabled
        ? whenReady(budgetsOf(limits, subject, digest), (budgets) => enter(budgets, subject, expected))
        : nothingSpent,
    states: (limits, reader) => readBudgets(store, digest, limits, reader, wall()),
  }
}

/** Cloudflare's sentence, as observed. */
const detailOf = (
  { id, limit, window, time_zone: zone = defaultZone, technique }: SpendRule,
  { provider, model }: SpendSubject,
): string =>
  `Spend limit exceeded: rule '${id}' (cost limit ${limit} per ${windowText(window, zone, "s")}, ` +
  `${technique}) for ${`${provider} ${model ?? ""}`.trim()}`

/** A field's numbers are whole, and have too few digits for nano-dollars. */
const advertised = ({ id, limit }: SpendRule, interval: number): AdvertisedRule => ({
  id,
  limit: Math.round(limit * 1e6),
  interval,
  unit: "micro-usd",
})

/** An amount in nano-dollars, or 0 for what is not an amount: NaN from the price table, a negative custom cost. */
const amountOf = (dollars: number): number => {
  const amount = nanos(dollars)
  return Number.isSafeInteger(amount) && amount > 0 ? amount : 0
}

/**
 * How much a call weighs on a budget while it is under way: never more than all of it, so that sums can hold it, whatever
 * a caller requests.
 */
const shareOf = (expected: number, { limit }: Window): number =>
  expected > 0 ? Math.min(nanos(expected), limit) : 0
