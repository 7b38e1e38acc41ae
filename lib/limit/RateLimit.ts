/**
 * Lets requests pass as far as a gateway's rate rules allow.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RateRule } from "../config/limit-rules.ts"
import { type GatewayError, rateLimited } from "../errors.ts"
import { Store } from "../store/Store.ts"
import { bucketCounters, type Count, countOf } from "./counter-keys.ts"
import { type LimitSubject, ratePartition } from "./partition.ts"
import { policyField, type RuleState, stateField } from "./ratelimit-fields.ts"
import { counterTtl, millisUntilMore, remaining, wholeSeconds, type Window } from "./windows.ts"

interface RateCount {
  readonly rule: RateRule
  readonly window: Window
  readonly count: Count
}

const countsOf = (
  rules: ReadonlyArray<RateRule>,
  subject: LimitSubject,
): Effect.Effect<ReadonlyArray<RateCount>> =>
  Effect.promise(async () => {
    const counts: Array<RateCount> = []
    for (const rule of rules) {
      const partition = ratePartition(rule, subject)
      if (partition === undefined) continue
      const { id, limit, unit, interval, technique } = rule
      const count = await countOf(
        subject.gateway,
        ["rate", subject.gateway, id, unit, interval],
        partition,
        false,
      )
      counts.push({ rule, count, window: { limit, technique, interval: 1000 * interval } })
    }
    return counts
  })

const detailOf = ({ rule: { id, limit, unit, interval } }: RuleState, seconds: number): string =>
  `The limit "${id}" of ${limit} ${unit} per ${interval} s is used up. Try again in ${seconds} s.`

/** Books tokens. */
export type Settle = (tokens: number) => Effect.Effect<void>

const settleNothing: Settle = () => Effect.void

/** Rate limits: Cloudflare's per gateway, and ours per key, model, metadata value and by tokens. */
export class RateLimit extends Context.Service<RateLimit, {
  /**
   * Takes one request from every request rule, or from none: where one refuses, the others get theirs back. A
   * token rule takes nothing yet; it refuses once it is used up.
   *
   * Never lets more through than a rule allows, however many ask at once; while a refused request's share is
   * on its way back, another may be refused a moment too early. What a call takes is counted even if its
   * client leaves.
   *
   * Gives the headers `ratelimit-policy` and `ratelimit` for the answer, or none where no rule applies. Fails
   * with `rate_limited` and the same headers, of which `ratelimit` lists only the rules that refuse, and
   * `retry-after`, which is long enough for all of them (what Cloudflare lacks and SDKs honour).
   */
  readonly take: (
    rules: ReadonlyArray<RateRule>,
    subject: LimitSubject,
  ) => Effect.Effect<Readonly<Record<string, string>>, GatewayError>
  /**
   * Makes what books the tokens of a request on the token rules, in the window in which it ended. It is made before
   * the request is sent: then the booking waits for nothing, and whoever asks once the answer is there finds it booked.
   */
  readonly settlement: (
    rules: ReadonlyArray<RateRule>,
    subject: LimitSubject,
  ) => Effect.Effect<Settle>
}>()("basegate/limit/RateLimit") {
  /** Counts in the `Store`: exact as far as its guarantee goes. */
  static readonly layer: Layer.Layer<RateLimit, never, Store> = Layer.effect(
    RateLimit,
    Effect.map(Store, (store) => {
      const take = Effect.fnUntraced(function* (rules: ReadonlyArray<RateRule>, subject: LimitSubject) {
        const counts = yield* countsOf(rules, subject)
        if (counts.length === 0) return {}
        const now = yield* Clock.currentTimeMillis
        const passed: Array<RuleState> = []
        const refused: Array<RuleState> = []
        const giveBack: Array<Effect.Effect<number>> = []
        for (const { rule, count, window } of counts) {
          const keys = bucketCounters(count, window, now)
          const previous = keys.previous === undefined ? 0 : yield* store.count(keys.previous)
          // Once refused, the other rules are only asked: to say how long to wait for all of them.
          const taken = rule.unit === "requests" && refused.length === 0 ? 1 : 0
          const current = taken === 1
            ? yield* store.add(keys.current, taken, counterTtl(window))
            : yield* store.count(keys.current)
          if (taken === 1) giveBack.push(store.add(keys.current, -taken, counterTtl(window)))
          const fits = remaining(window, { previous, current }, now) >= 1 - taken
          const usage = { previous, current: fits ? current : current - taken }
          const state = {
            rule,
            remaining: Math.max(0, remaining(window, usage, now)),
            untilMore: millisUntilMore(window, usage, now),
          }
          if (fits) passed.push(state)
          else refused.push(state)
        }
        const policy = policyField(counts.map(({ rule }) => rule), store.guarantee)
        const [first] = refused
        if (first === undefined) return { "ratelimit-policy": policy, ratelimit: stateField(passed) }
        for (const back of giveBack) yield* back
        const seconds = wholeSeconds(Math.max(...refused.map((state) => state.untilMore)))
        return yield* Effect.fail(rateLimited(detailOf(first, seconds), {
          "retry-after": String(seconds),
          "ratelimit-policy": policy,
          ratelimit: stateField(refused),
        }))
      }, Effect.uninterruptible)

      const settle = Effect.fnUntraced(function* (counts: ReadonlyArray<RateCount>, tokens: number) {
        const now = yield* Clock.currentTimeMillis
        for (const { count, window } of counts) {
          yield* store.add(bucketCounters(count, window, now).current, tokens, counterTtl(window))
        }
      })

      return {
        take: (rules, subject) => rules.length === 0 ? Effect.succeed({}) : take(rules, subject),
        settlement: (rules, subject) => {
          const due = rules.filter(({ unit }) => unit === "tokens")
          return due.length === 0
            ? Effect.succeed(settleNothing)
            : Effect.map(countsOf(due, subject), (counts): Settle => (tokens) =>
              tokens > 0 ? settle(counts, tokens) : Effect.void)
        },
      }
    }),
  )
}
