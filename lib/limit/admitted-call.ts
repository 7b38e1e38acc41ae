/**
 * A call that the limits let pass, until it is settled.
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
  /** Tells the budget apart from all others, those of the rule's other partitions among them. */
  readonly name: string
  /** Whose it is, names and values by turns, if the rule is divided. */
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

/** Settled once, by whichever comes first: its end, or its abandonment. */
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
   * Charges what it used, in the windows in which it ended: tokens, and its cost in USD (an unknown one is not charged). It is
   * under way no longer. The charge waits for nothing but the store: the next call finds it made as soon as the answer is
   * there.
   */
  settle(tokens: number, cost: number): Awaitable<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    let settled: Awaitable<void> = undefined
    try {
      settled = this.#charge(tokens > 0 ? tokens : 0, amountOf(cost))
    } finally {
      // From here on the store counts it in every later question.
      if (!(settled instanceof Promise) || this.#store.inOrder) this.#release()
    }
    return settled instanceof Promise ? settled.finally(() => this.#release()) : undefined
  }

  /** It was not made, or its answer is discarded: it cost nothing, and is under way no longer. */
  release(): Awaitable<void> {
    if (!this.#isOpen) return
    if (this.#lease !== undefined) return this.settle(0, 0)
    this.forget()
  }

  /** It was not admitted. */
  forget(): void {
    this.#isOpen = false
    this.#release()
  }

  /** How far its budgets are used by now: what it was charged to, if it was. */
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
