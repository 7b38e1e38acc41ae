/**
 * What is spent and left of budgets, for people.
 *
 * @module
 */
import type { SpendLimits, SpendRule } from "../config/limit-rules.ts"
import type { SpendQuery } from "../store/counter.ts"
import type { StoreShape } from "../store/Store.ts"
import { allReady, type Awaitable, whenReady } from "../time/awaitable.ts"
import { budgetOf, dollars, spendName, spendWindow } from "./budget-counters.ts"
import type { DigestName } from "./counter-keys.ts"
import { readFrom } from "./outage.ts"
import { readPartition, type SpendReader } from "./partition.ts"
import type { Window, WindowUsage } from "../store/windows.ts"

/** What is left of a budget, in USD. */
export interface BudgetState {
  /** The rule's id. */
  readonly id: string
  readonly limit: number
  /** May be above the limit: a call's cost is known once it has ended. */
  readonly spent: number
  /** At least 0. */
  readonly left: number
  /** When the whole limit is available again if nothing more is spent, as an ISO date. */
  readonly resets_at: string
}

/** The share of the previous bucket that still counts, from 0 to 1. */
const carriedIn = ({ periods, technique }: Window, now: number): number => {
  if (technique === "fixed") return 0
  const { start, end } = periods.at(now)
  return (end - now) / (end - start)
}

/** How far a window is used, in its own units. */
export interface UsedWindow {
  readonly used: number
  /** At least 0. */
  readonly left: number
  /** When the whole limit is available again if nothing more is used. */
  readonly resetsAt: number
  /**
   * When nothing is left if use goes on as in the period so far; `undefined` if that is after its end, and for
   * sliding windows, from which use drops out at the rate at which it came.
   */
  readonly runsOutAt: number | undefined
}

/** How far a window is used. */
export const usedOf = (window: Window, { previous, current }: WindowUsage, now: number): UsedWindow => {
  const { start, end } = window.periods.at(now)
  const used = Math.round(current + previous * carriedIn(window, now))
  const left = Math.max(0, window.limit - used)
  const isSliding = window.technique === "sliding"
  const pace = isSliding ? 0 : used / Math.max(1, now - start)
  const runsOut = left === 0 ? now : pace === 0 ? Infinity : now + Math.ceil(left / pace)
  return {
    used,
    left,
    // What a sliding window counts in one bucket is in use until the end of the next.
    resetsAt: isSliding && current > 0 ? end + end - start : end,
    runsOutAt: runsOut < end ? runsOut : undefined,
  }
}

/** The state of a rule's budget. */
const stateOf = (rule: SpendRule, usage: WindowUsage, now: number): BudgetState => {
  const { used, left, resetsAt } = usedOf(spendWindow(rule), usage, now)
  return {
    id: rule.id,
    limit: rule.limit,
    spent: dollars(used),
    left: dollars(left),
    resets_at: new Date(resetsAt).toISOString(),
  }
}

/** The query for a rule's most spent budgets. */
export const spendQuery = (rule: SpendRule, gateway: string, most: number, now: number): SpendQuery => {
  const window = spendWindow(rule)
  return {
    gateway,
    rule: JSON.stringify(spendName(gateway, rule)),
    period: window.periods.at(now).id,
    carried: carriedIn(window, now),
    most,
  }
}

const nothing: WindowUsage = { previous: 0, current: 0 }

/** How many of a rule's budgets are searched for a reader's own. */
const mostRead = 1_000

/** The states of a reader's budgets: see `Limits.states`. */
export const readBudgets = (
  store: StoreShape,
  digest: DigestName,
  { enabled, rules }: SpendLimits,
  reader: SpendReader,
): Awaitable<ReadonlyArray<BudgetState>> => {
  if (!enabled) return []
  const stateOfPart = (
    rule: SpendRule,
    partition: NonNullable<ReturnType<typeof readPartition>>,
  ): Awaitable<BudgetState> => {
    if (partition.every(([, value]) => value !== undefined)) {
      const whole = partition.flatMap(([name, value = ""]) => [name, value])
      return whenReady(
        budgetOf(rule, whole, reader, digest),
        (budget) =>
          whenReady(
            readFrom(store, [budget]),
            ({ uses: [usage = nothing], now }) => stateOf(rule, usage, now),
          ),
      )
    }
    const now = store.now()
    return whenReady(
      store.spent?.(spendQuery(rule, reader.gateway, mostRead, now)) ?? { total: 0, spent: [] },
      ({ spent }) => {
        const usage = spent.find((one) =>
          partition.every(([, value], index) =>
            value === undefined || one.partition?.[2 * index + 1] === value
          )
        )
        return stateOf(rule, usage ?? nothing, now)
      },
    )
  }
  const states: Array<Awaitable<BudgetState>> = []
  for (const rule of rules) {
    const partition = readPartition(rule, reader)
    if (partition !== undefined) states.push(stateOfPart(rule, partition))
  }
  return allReady(states)
}
