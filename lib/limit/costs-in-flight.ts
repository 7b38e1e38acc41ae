/**
 * The expected cost of calls in flight, by budget.
 *
 * Kept by this process alone. What is never released expires, because a host may drop a request silently, and would
 * otherwise hold its budget forever.
 *
 * @module
 */

/** Sums of expected costs. Times are milliseconds of one clock; amounts are whole numbers. */
export interface CostsInFlight {
  /** The sum for a budget. */
  readonly sum: (budget: string, now: number) => number
  /** Adds to a budget's sum, and returns what subtracts it again; only its first call counts. */
  readonly add: (budget: string, amount: number, now: number) => () => void
}

/** Milliseconds for which a call that is never released counts at least; it counts twice as long at most. */
const generation = 1_800_000

/** Creates the sums, which are all 0. */
export const makeCostsInFlight = (): CostsInFlight => {
  let began = 0
  let current = new Map<string, number>()
  let previous = new Map<string, number>()

  const turn = (now: number): void => {
    const past = Math.floor((now - began) / generation)
    if (past < 1) return
    previous = past === 1 ? current : new Map()
    current = new Map()
    began += past * generation
  }
  const change = (sums: Map<string, number>, budget: string, by: number): void => {
    const sum = (sums.get(budget) ?? 0) + by
    if (sum > 0) sums.set(budget, sum)
    else sums.delete(budget)
  }

  return {
    sum: (budget, now) => {
      turn(now)
      return (current.get(budget) ?? 0) + (previous.get(budget) ?? 0)
    },
    add: (budget, amount, now) => {
      turn(now)
      const sums = current
      change(sums, budget, amount)
      let isDue = true
      return () => {
        if (isDue) change(sums, budget, -amount)
        isDue = false
      }
    },
  }
}
