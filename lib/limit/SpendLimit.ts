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
import { bucketKeys, countName } from "./counter-keys.ts"
import { spendPartition, type SpendSubject } from "./partition.ts"
import { policyField, stateField, type ToldRule } from "./ratelimit-fields.ts"
import { keptFor, room, waitFor, wholeSeconds, type Window } from "./windows.ts"

/**
 * Amounts are counted in whole nano-dollars: sums of whole numbers do not drift as sums of fractions do. Each
 * request is rounded by half a nano-dollar at most, a two-hundredth of a token at 0.10 USD a million.
 */
const nanos = (dollars: number): number => Math.round(dollars * 1e9)

interface Budget {
  readonly rule: SpendRule
  readonly window: Window
  readonly name: string
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
      const name = await countName(["spend", subject.gateway, rule.id, rule.window], partition)
      const window = { limit: nanos(rule.limit), interval: 1000 * rule.window, technique: rule.technique }
      budgets.push({ rule, name, window })
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

/** Books a cost in USD. */
export type Book = (cost: number) => Effect.Effect<void>

const bookNothing: Book = () => Effect.void

/**
 * Spend limits, as Cloudflare's: every rule that matches must be under budget, and what a request costs is
 * booked when it has ended. So the requests that were under way when a budget ran out overshoot it, and no
 * stream is cut.
 */
export class SpendLimit extends Context.Service<SpendLimit, {
  /** Fails with `spend_limited` and the headers of `RateLimit` at the first rule whose budget is spent. */
  readonly check: (limits: SpendLimits, subject: SpendSubject) => Effect.Effect<void, GatewayError>
  /**
   * Makes what books the cost of a request, in USD, in the window in which it ended; a request of unknown cost is not
   * booked. It is made before the request is sent: then the booking waits for nothing, and whoever asks once the
   * answer is there finds it booked.
   */
  readonly booking: (limits: SpendLimits, subject: SpendSubject) => Effect.Effect<Book>
}>()("basegate/limit/SpendLimit") {
  /** Counts in the `Store`. */
  static readonly layer: Layer.Layer<SpendLimit, never, Store> = Layer.effect(
    SpendLimit,
    Effect.map(Store, (store) => {
      const check = Effect.fnUntraced(function* (limits: SpendLimits, subject: SpendSubject) {
        const budgets = yield* budgetsOf(limits, subject)
        const now = yield* Clock.currentTimeMillis
        for (const { rule, name, window } of budgets) {
          const keys = bucketKeys(name, window, now)
          const previous = keys.previous === undefined ? 0 : yield* store.count(keys.previous)
          const usage = { previous, current: yield* store.count(keys.current) }
          if (room(window, usage, now) >= 1) continue
          const wait = waitFor(window, usage, now, 1)
          const told = toldRule(rule)
          return yield* Effect.fail(spendLimited(detailOf(rule, subject), {
            "retry-after": String(wholeSeconds(wait)),
            "ratelimit-policy": policyField([told], store.guarantee),
            ratelimit: stateField([{ rule: told, remaining: 0, untilMore: wait }]),
          }))
        }
      })
      const book = Effect.fnUntraced(function* (budgets: ReadonlyArray<Budget>, amount: number) {
        const now = yield* Clock.currentTimeMillis
        for (const { name, window } of budgets) {
          yield* store.add(bucketKeys(name, window, now).current, amount, keptFor(window))
        }
      })
      return {
        check: (limits, subject) => limits.enabled ? check(limits, subject) : Effect.void,
        booking: (limits, subject) =>
          limits.enabled
            ? Effect.map(budgetsOf(limits, subject), (budgets): Book => (cost) => {
              const amount = nanos(cost)
              // Leaves out what is no amount, too: a NaN of the price table, a negative custom cost.
              return Number.isSafeInteger(amount) && amount > 0 ? book(budgets, amount) : Effect.void
            })
            : Effect.succeed(bookNothing),
      }
    }),
  )
}
