/**
 * The expected cost of calls under way, by budget.
 *
 * Kept by this process alone. What is never released expires: a host may drop a request silently, and its budget must not
 * be held forever.
 *
 * @module
 */

/** Sums of what is under way. Times are milliseconds of one clock; amounts are whole numbers. */
export interface UnderWay {
  /** The sum for a budget. */
  readonly sum: (budget: string, now: number) => number
  /** Adds to a budget's sum, and returns what subtracts it again; only its first call counts. */
  readonly add: (budget: string, amount: number, now: number) => () => void
}

/** The longest call counts for this long at least, and twice as long at most. */
const generation = 1_800_000

/** Nothing is under way yet. */
export const makeUnderWay = (): UnderWay => {
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
