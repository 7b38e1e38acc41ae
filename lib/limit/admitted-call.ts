/**
 * A call that the limits let pass, until it is settled.
 *
 * @module
 */
import type { Charge, Lease } from "../store/counted.ts"
import type { StoreShape } from "../store/Store.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { amountOf, type Spending } from "./budget-outcome.ts"
import type { Quota } from "./ratelimit-fields.ts"
import { noQuota } from "./rate-outcome.ts"
import type { RateCount } from "./rates.ts"

/** Settled once, whatever comes first: its end, or that it is given up. */
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
      // From here on the store counts it, for all that it is asked later.
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
