/**
 * Admits calls as far as rates and budgets allow, and charges what they used.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { OnStoreOutage, RateRule, SpendLimits } from "../config/limit-rules.ts"
import type { GatewayError } from "../errors.ts"
import type { Lease, Take } from "../store/counted.ts"
import { Store, type StoreShape } from "../store/Store.ts"
import { allReady, type Awaitable, whenReady } from "../time/awaitable.ts"
import { type PlainClock, plainClock } from "../time/clock.ts"
import { AdmittedCall } from "./admitted-call.ts"
import { budgetRefusal, heldShare, type Spending, worstShare } from "./budget-outcome.ts"
import { type BudgetState, readBudgets } from "./budget-states.ts"
import { budgetsOf } from "./budget-counters.ts"
import { rememberDigests } from "./counter-keys.ts"
import { type Refusal, takeFrom } from "./outage.ts"
import type { LimitSubject, SpendReader, SpendSubject } from "./partition.ts"
import type { Quota } from "./ratelimit-fields.ts"
import { addRateTakes, noQuota, rateOutcome } from "./rate-outcome.ts"
import { type RateCount, rateCountsOf } from "./rate-counters.ts"
import { makeCostsInFlight } from "./costs-in-flight.ts"

/** Spend rules, and the request that they are checked for. */
export interface Budgets {
  readonly limits: SpendLimits
  readonly subject: SpendSubject
}

/** A call that asks to be admitted. */
export interface AdmissionRequest {
  readonly rules: ReadonlyArray<RateRule>
  readonly subject: LimitSubject
  readonly budgets: ReadonlyArray<Budgets>
  /** The expected cost of the call, in USD: held against budgets that do not reserve. */
  readonly expected: number
  /** The most that the call may cost, in USD: held against budgets that reserve. */
  readonly worst: number
  /** The lease of what is reserved; `undefined` if no budget reserves. */
  readonly lease: Lease | undefined
  readonly outage: OnStoreOutage
}

/** A call that the limits let pass. */
export type Admitted = Pick<AdmittedCall, "quota" | "settle" | "release" | "spent">

/** What `Limits` does. */
export interface LimitsShape {
  /**
   * Takes one request from every request rule and checks every budget, in one round trip to the store: either all of
   * them admit the call, or none counts it. A token rule takes nothing yet; it refuses once its quota is used up.
   *
   * Never admits more than a rate allows, however many calls arrive at once. A budget admits a call if something is
   * left of it after the expected cost of the calls in flight, or, if it reserves, if there is room for the most that
   * the call may cost.
   *
   * Fails with `spend_limited` or `rate_limited`, whose headers say how long to wait, or with `limits_unavailable`.
   */
  readonly admit: (request: AdmissionRequest) => Awaitable<Result.Result<Admitted, GatewayError>>
  /** Takes one request from every request rule, or from none. */
  readonly acquire: (
    rules: ReadonlyArray<RateRule>,
    subject: LimitSubject,
    outage: OnStoreOutage,
  ) => Awaitable<Result.Result<Quota, GatewayError>>
  /** Fails with `spend_limited` at the first rule whose budget is spent. */
  readonly check: (budgets: Budgets, outage: OnStoreOutage) => Awaitable<Result.Result<void, GatewayError>>
  /**
   * What is left of a reader's budgets, one for each rule that applies. If a rule has several for the reader (say one
   * for each model, and no model is given), the most spent one is returned.
   */
  readonly states: (limits: SpendLimits, reader: SpendReader) => Awaitable<ReadonlyArray<BudgetState>>
}

/**
 * Rate limits: Cloudflare's per gateway, and ours per key, model, metadata value and by tokens. Spend limits work
 * like Cloudflare's: every rule that matches must be under budget, and a call's cost is charged when it ends, in the
 * window of that moment; no stream is cut.
 */
export class Limits extends Context.Service<Limits, LimitsShape>()("basegate/limit/Limits") {
  /** Counts in the `Store`, as exactly as its guarantee says. The cost of calls in flight is kept by this process. */
  static readonly layer: Layer.Layer<Limits, never, Store> = Layer.effect(
    Limits,
    Effect.gen(function* () {
      return makeLimits(yield* Store, yield* plainClock)
    }),
  )
}

const passed: Result.Result<void> = Result.succeed(undefined)
const noCounts: ReadonlyArray<RateCount> = []
const noSpendings: ReadonlyArray<Spending> = []

/** The limits over a store. */
export const makeLimits = (store: StoreShape, { wall }: Pick<PlainClock, "wall">): LimitsShape => {
  const digest = rememberDigests()
  const inFlight = makeCostsInFlight()

  const countsOf = (rules: ReadonlyArray<RateRule>, subject: LimitSubject) =>
    rules.length === 0 ? noCounts : rateCountsOf(rules, subject, digest)
  const spendingOf = ({ limits, subject }: Budgets): Awaitable<Spending> =>
    whenReady(limits.enabled ? budgetsOf(limits, subject, digest) : [], (budgets) => ({ budgets, subject }))

  /** Fails, after counting the refusal. */
  const refuse = ({ error, counted }: Refusal): Awaitable<Result.Result<never, GatewayError>> =>
    whenReady(
      store.charge(counted.map((counted) => ({ counted, by: 1 }))),
      () => Result.fail(error),
    )
  const admitCounted = (
    counts: ReadonlyArray<RateCount>,
    spendings: ReadonlyArray<Spending>,
    { expected, worst, lease, outage }: Pick<AdmissionRequest, "expected" | "worst" | "lease" | "outage">,
  ): Awaitable<Result.Result<Admitted, GatewayError>> => {
    const takes: Array<Take> = []
    const releases: Array<() => void> = []
    if (spendings.length > 0) {
      const now = wall()
      for (const { budgets } of spendings) {
        for (const counted of budgets) {
          const { count: { name }, window, reserves } = counted
          if (reserves) takes.push({ counted, by: 0, holds: worstShare(worst, window), ahead: 0 })
          else {
            takes.push({ counted, by: 0, holds: 0, ahead: inFlight.sum(name, now) })
            // Added before the store is read, which may take a while, so that the next call sees this one.
            releases.push(inFlight.add(name, heldShare(expected, window), now))
          }
        }
      }
    }
    const first = takes.length
    addRateTakes(counts, takes)
    const call = new AdmittedCall(store, counts, spendings, releases, lease)
    if (takes.length === 0) return Result.succeed(call)
    /**
     * The same takes without the costs that were charged meanwhile; `undefined` if there are none. A store that
     * answers out of order may have counted such a cost already, and `ahead` would count it twice.
     */
    const withLessAhead = (): ReadonlyArray<Take> | undefined => {
      const now = wall()
      let isLess = false
      const fewer = takes.map((take) => {
        if (take.ahead === 0) return take
        const { count: { name }, window } = take.counted
        const ahead = Math.max(0, inFlight.sum(name, now) - heldShare(expected, window))
        isLess ||= ahead < take.ahead
        return { ...take, ahead }
      })
      return isLess ? fewer : undefined
    }
    const take = (
      takes: ReadonlyArray<Take>,
      mayAgain: boolean,
    ): Awaitable<Result.Result<Admitted, GatewayError>> => {
      const admission = takeFrom(store, outage, takes, lease)
      if (admission instanceof Promise) admission.catch(() => call.forget())
      return whenReady(admission, (admission) => {
        if (Result.isFailure(admission)) {
          // The store may have reserved something before it failed.
          void call.release()
          return Result.fail(admission.failure)
        }
        if (admission.success.taken === undefined) return Result.succeed(call)
        let at = 0
        for (const spending of spendings) {
          const refusal = budgetRefusal(spending, takes, at, admission.success)
          if (refusal !== undefined) {
            const fewer = mayAgain ? withLessAhead() : undefined
            if (fewer !== undefined) return take(fewer, false)
            call.forget()
            return refuse(refusal)
          }
          at += spending.budgets.length
        }
        if (counts.length === 0) return Result.succeed(call)
        const quota = rateOutcome(counts, takes, first, admission.success)
        if (Result.isFailure(quota)) {
          call.forget()
          return refuse(quota.failure)
        }
        call.quota = quota.success
        return Result.succeed(call)
      })
    }
    return take(takes, store.inOrder === false)
  }

  return {
    admit: (request) => {
      const counts = countsOf(request.rules, request.subject)
      const spendings = request.budgets.length === 0 ? noSpendings : allReady(request.budgets.map(spendingOf))
      return whenReady(
        counts,
        (counts) => whenReady(spendings, (spendings) => admitCounted(counts, spendings, request)),
      )
    },
    acquire: (rules, subject, outage) =>
      rules.length === 0 ? Result.succeed(noQuota) : whenReady(countsOf(rules, subject), (counts) => {
        const takes: Array<Take> = []
        addRateTakes(counts, takes)
        if (takes.length === 0) return Result.succeed(noQuota)
        return whenReady(takeFrom(store, outage, takes, undefined), (admission) => {
          if (Result.isFailure(admission)) return Result.fail(admission.failure)
          if (admission.success.taken === undefined) return Result.succeed(noQuota)
          const quota = rateOutcome(counts, takes, 0, admission.success)
          return Result.isFailure(quota) ? refuse(quota.failure) : Result.succeed(quota.success)
        })
      }),
    check: (budgets, outage) =>
      whenReady(spendingOf(budgets), (spending) => {
        const now = wall()
        const takes = spending.budgets.map((counted) => ({
          counted,
          by: 0,
          holds: 0,
          ahead: inFlight.sum(counted.count.name, now),
        }))
        if (takes.length === 0) return passed
        return whenReady(takeFrom(store, outage, takes, undefined), (admission) => {
          if (Result.isFailure(admission)) return Result.fail(admission.failure)
          const refusal = admission.success.taken && budgetRefusal(spending, takes, 0, admission.success)
          return refusal === undefined ? passed : refuse(refusal)
        })
      }),
    states: (limits, reader) => readBudgets(store, digest, limits, reader),
  }
}
