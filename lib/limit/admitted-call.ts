/**
 * An admitted call, until it is settled.
 *
 * @module
 */
import type { Charge, Lease } from "../store/counted.ts"
import type { StoreShape } from "../store/Store.ts"
import type { WindowUsage } from "../store/windows.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import type { Period } from "../time/calendar.ts"
import { amountOf, type Spending } from "./budget-outcome.ts"
import { usedOf } from "./budget-states.ts"
import { type Budget, dollars } from "./budget-counters.ts"
import { readFrom } from "./outage.ts"
import type { Quota } from "./ratelimit-fields.ts"
import { noQuota } from "./rate-outcome.ts"
import type { RateCount } from "./rate-counters.ts"

const nothing: WindowUsage = { previous: 0, current: 0 }

/** How far a budget is used. Amounts are in US dollars, times in milliseconds since 1970. */
export interface BudgetUse {
  /** The rule's id. */
  readonly rule: string
  /** Distinguishes the budget from all others, including the rule's other partitions. */
  readonly name: string
  /** The partition, as alternating names and values; `undefined` if the rule is not partitioned. */
  readonly partition: ReadonlyArray<string> | undefined
  readonly spent: number
  readonly limit: number
  readonly period: Period
  readonly now: number
}

const useOf = (
  { rule, window, count: { name, spend } }: Budget,
  usage: WindowUsage,
  now: number,
): BudgetUse => {
  const partition = spend?.partition() ?? []
  return {
    rule: rule.id,
    name,
    partition: partition.length === 0 ? undefined : partition,
    spent: dollars(usedOf(window, usage, now).used),
    limit: rule.limit,
    period: window.periods.at(now),
    now,
  }
}

/** Settled once: when it ends, or when it is abandoned, whichever comes first. */
export class AdmittedCall {
  /** The state of the rates that apply. */
  quota: Quota = noQuota
  readonly #store: StoreShape
  readonly #counts: ReadonlyArray<RateCount>
  readonly #spendings: ReadonlyArray<Spending>
  readonly #releases: ReadonlyArray<() => void>
  readonly #lease: Lease | undefined
  #isOpen = true

  constructor(
    store: StoreShape,
    counts: ReadonlyArray<RateCount>,
    spendings: ReadonlyArray<Spending>,
    releases: ReadonlyArray<() => void>,
    lease: Lease | undefined,
  ) {
    this.#store = store
    this.#counts = counts
    this.#spendings = spendings
    this.#releases = releases
    this.#lease = lease
  }

  /**
   * Ends the call and charges what it used in the current windows: its tokens, and its cost in USD unless that is
   * unknown. The charge waits only for the store, so a caller who has the answer can rely on it for the next call.
   */
  settle(tokens: number, cost: number): Awaitable<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    let settled: Awaitable<void> = undefined
    try {
      settled = this.#charge(tokens > 0 ? tokens : 0, amountOf(cost))
    } finally {
      // From here on the store includes the charge in every later answer.
      if (!(settled instanceof Promise) || this.#store.inOrder) this.#release()
    }
    return settled instanceof Promise ? settled.finally(() => this.#release()) : undefined
  }

  /** Ends a call that cost nothing: it was not made, or its answer is discarded. */
  release(): Awaitable<void> {
    if (!this.#isOpen) return
    if (this.#lease !== undefined) return this.settle(0, 0)
    this.forget()
  }

  /** Ends a call that was not admitted. */
  forget(): void {
    this.#isOpen = false
    this.#release()
  }

  /** How far the budgets are used that the call was charged to; none if it was not charged. */
  spent(): Awaitable<ReadonlyArray<BudgetUse>> {
    const budgets = this.#spendings.flatMap(({ budgets }) => budgets)
    if (budgets.length === 0) return []
    return whenReady(
      readFrom(this.#store, budgets),
      ({ uses, now }) => budgets.map((budget, index) => useOf(budget, uses[index] ?? nothing, now)),
    )
  }

  #charge(tokens: number, amount: number): Awaitable<void> {
    const charges: Array<Charge> = []
    if (tokens > 0) {
      for (const counted of this.#counts) {
        if (counted.rule.unit === "tokens") charges.push({ counted, by: tokens })
      }
    }
    if (amount > 0 || this.#lease !== undefined) {
      for (const { budgets } of this.#spendings) {
        for (const counted of budgets) charges.push({ counted, by: amount })
      }
    }
    if (charges.length === 0) return
    return this.#lease === undefined
      ? this.#store.charge(charges)
      : this.#store.settle(this.#lease.id, charges)
  }

  #release(): void {
    for (const release of this.#releases) release()
  }
}
