/**
 * Refuses requests once a budget is spent.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SpendLimits, SpendRule } from "../config/limit-rules.ts"
import { type GatewayError, spendLimited } from "../errors.ts"
import { Store } from "../store/Store.ts"
import { bucketCounters, type Count, countOf } from "./counter-keys.ts"
import { spendPartition, type SpendSubject } from "./partition.ts"
import { policyField, stateField, type ToldRule } from "./ratelimit-fields.ts"
import { makeUnderWay } from "./under-way.ts"
import { counterTtl, remaining, waitFor, wholeSeconds, type Window } from "./windows.ts"

/**
 * Amounts are counted in whole nano-dollars: sums of whole numbers do not drift as sums of fractions do. Each
 * request is rounded by half a nano-dollar at most, a two-hundredth of a token at 0.10 USD a million.
 */
const nanos = (dollars: number): number => Math.round(dollars * 1e9)

interface Budget {
  readonly rule: SpendRule
  readonly window: Window
  readonly count: Count
}

const budgetsOf = (
  { rules }: SpendLimits,
  subject: SpendSubject,
): Effect.Effect<ReadonlyArray<Budget>> =>
  Effect.promise(async () => {
    const budgets: Array<Budget> = []
    for (const rule of rules) {
      const partition = spendPartition(rule, subject)
      if (partition === undefined) continue
      const count = await countOf(
        subject.gateway,
        ["spend", subject.gateway, rule.id, rule.window],
        partition,
        true,
      )
      const window = { limit: nanos(rule.limit), interval: 1000 * rule.window, technique: rule.technique }
      budgets.push({ rule, count, window })
    }
    return budgets
  })

/** Cloudflare's sentence, as observed. */
const detailOf = ({ id, limit, window, technique }: SpendRule, { provider, model }: SpendSubject): string =>
  `Spend limit exceeded: rule '${id}' (cost limit ${limit} per ${window}s, ${technique}) for ` +
  `${provider} ${model ?? ""}`.trim()

/** A field's numbers are whole, and have too few digits for nano-dollars. */
const toldRule = ({ id, limit, window }: SpendRule): ToldRule => ({
  id,
  limit: Math.round(limit * 1e6),
  interval: window,
  unit: "micro-usd",
})

/** A call that its budgets let pass. */
export interface Spending {
  /**
   * Books what it cost, in USD, in the window in which it ended. An unknown cost is not booked. The call is under way no
   * longer.
   */
  readonly book: (cost: number) => Effect.Effect<void>
  /** The call is under way no longer, and cost nothing. Does nothing once its cost is booked. */
  readonly release: () => void
}

const nothingSpent: Spending = { book: () => Effect.void, release: () => {} }

/** An amount of nano-dollars, or 0 for what is none: a NaN of the price table, a negative custom cost. */
const amountOf = (dollars: number): number => {
  const amount = nanos(dollars)
  return Number.isSafeInteger(amount) && amount > 0 ? amount : 0
}

/**
 * What a call counts as on a budget while it is under way: never more than all of it, so that what a caller asks for,
 * however much, is an amount that sums can hold.
 */
const shareOf = (expected: number, { limit }: Window): number =>
  expected > 0 ? Math.min(nanos(expected), limit) : 0

/**
 * Spend limits, as Cloudflare's: every rule that matches must be under budget, and what a request costs is booked when
 * it has ended. What is under way counts as well, as much as it is expected to cost: a burst of calls overshoots a budget
 * by no more than what those calls cost beyond that, and no stream is cut.
 */
export class SpendLimit extends Context.Service<SpendLimit, {
  /** Fails with `spend_limited` and the headers of `RateLimit` at the first rule whose budget is spent. */
  readonly check: (limits: SpendLimits, subject: SpendSubject) => Effect.Effect<void, GatewayError>
  /**
   * The same, and lets a call pass. Until its cost is booked, or it is released, it counts as what it is expected to
   * cost, which is all of the budget at most; where only such calls stand in the way of another, that one may come back in a second.
   *
   * The booking waits for nothing: whoever asks once an answer is there finds it booked.
   *
   * @param expected in USD
   */
  readonly enter: (
    limits: SpendLimits,
    subject: SpendSubject,
    expected: number,
  ) => Effect.Effect<Spending, GatewayError>
}>()("basegate/limit/SpendLimit") {
  /** Counts in the `Store`; what is under way, in this process. */
  static readonly layer: Layer.Layer<SpendLimit, never, Store> = Layer.effect(
    SpendLimit,
    Effect.map(Store, (store) => {
      const underWay = makeUnderWay()

      /** What stands before a call that asks now, budget by budget. */
      const aheadIn = (budgets: ReadonlyArray<Budget>, now: number): ReadonlyArray<number> =>
        budgets.map(({ count }) => underWay.sum(count.name, now))

      const checkAll = Effect.fnUntraced(
        function* (
          budgets: ReadonlyArray<Budget>,
          ahead: ReadonlyArray<number>,
          subject: SpendSubject,
          now: number,
        ) {
          for (const [index, { rule, count, window }] of budgets.entries()) {
            const counters = bucketCounters(count, window, now)
            const previous = counters.previous === undefined ? 0 : yield* store.count(counters.previous)
            const usage = { previous, current: yield* store.count(counters.current) }
            const isSpent = remaining(window, usage, now) < 1
            const expected = { previous, current: usage.current + (ahead[index] ?? 0) }
            if (!isSpent && remaining(window, expected, now) >= 1) continue
            const wait = isSpent ? waitFor(window, usage, now, 1) : 1000
            const told = toldRule(rule)
            return yield* Effect.fail(spendLimited(detailOf(rule, subject), {
              "retry-after": String(wholeSeconds(wait)),
              "ratelimit-policy": policyField([told], store.guarantee),
              ratelimit: stateField([{ rule: told, remaining: 0, untilMore: wait }]),
            }))
          }
        },
      )
      const book = Effect.fnUntraced(function* (budgets: ReadonlyArray<Budget>, amount: number) {
        const now = yield* Clock.currentTimeMillis
        for (const { count, window } of budgets) {
          yield* store.add(bucketCounters(count, window, now).current, amount, counterTtl(window))
        }
      })
      const enter = Effect.fnUntraced(
        function* (limits: SpendLimits, subject: SpendSubject, expected: number) {
          const budgets = yield* budgetsOf(limits, subject)
          const now = yield* Clock.currentTimeMillis
          // At once, since the store may take its time: whoever asks after this one sees it.
          const ahead = aheadIn(budgets, now)
          const releases = budgets.map(({ count, window }) =>
            underWay.add(count.name, shareOf(expected, window), now)
          )
          const release = (): void => {
            for (const each of releases) each()
          }
          yield* Effect.onError(checkAll(budgets, ahead, subject, now), () => Effect.sync(release))
          return {
            book: (cost: number) => {
              const amount = amountOf(cost)
              return amount === 0
                ? Effect.sync(release)
                : Effect.andThen(book(budgets, amount), Effect.sync(release))
            },
            release,
          }
        },
      )
      return {
        check: (limits, subject) =>
          limits.enabled
            ? Effect.gen(function* () {
              const budgets = yield* budgetsOf(limits, subject)
              const now = yield* Clock.currentTimeMillis
              yield* checkAll(budgets, aheadIn(budgets, now), subject, now)
            })
            : Effect.void,
        enter: (limits, subject, expected) =>
          limits.enabled ? enter(limits, subject, expected) : Effect.succeed(nothingSpent),
      }
    }),
  )
}
