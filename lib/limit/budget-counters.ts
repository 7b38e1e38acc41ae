/**
 * The budgets that a gateway's spend rules make: one for each rule, or for each partition of it.
 *
 * @module
 */
import type { SpendLimits, SpendRule } from "../config/limit-rules.ts"
import { defaultZone } from "../config/window-length.ts"
import type { Counted } from "../store/counted.ts"
import { allReady, type Awaitable, whenReady } from "../time/awaitable.ts"
import { countOf, type DigestName, windowName } from "./counter-keys.ts"
import { shownPartition, spendPartition, type SpendSubject } from "./partition.ts"
import { periodsOf, type Window } from "../store/windows.ts"

/**
 * Amounts are whole nano-dollars, because sums of whole numbers do not drift as sums of fractions do. Rounding
 * changes a request by half a nano-dollar at most, a two-hundredth of a token at 0.10 USD a million.
 */
export const nanos = (dollars: number): number => Math.round(dollars * 1e9)

/** Nano-dollars in US dollars. */
export const dollars = (nanos: number): number => nanos / 1e9

/** A budget: the window of its rule, and the count of one partition. */
export interface Budget extends Counted {
  readonly rule: SpendRule
  readonly reserves: boolean
}

/** A rule's window, in nano-dollars. */
export const spendWindow = ({ limit, technique, window, time_zone = defaultZone }: SpendRule): Window => ({
  limit: nanos(limit),
  technique,
  periods: periodsOf(window, time_zone),
})

/** Distinguishes a rule's counts from those of all other rules. */
export const spendName = (
  gateway: string,
  { id, window, time_zone = defaultZone }: SpendRule,
): ReadonlyArray<string | number> => ["spend", gateway, id, ...windowName(window, time_zone)]

/** The budget of one partition of a rule. */
export const budgetOf = (
  rule: SpendRule,
  partition: ReadonlyArray<string>,
  subject: Pick<SpendSubject, "gateway" | "redact">,
  digest: DigestName,
  reserves = false,
): Awaitable<Budget> => {
  const window = spendWindow(rule)
  const name = spendName(subject.gateway, rule)
  const shown = () => shownPartition(partition, subject.redact)
  const count = countOf(subject.gateway, name, partition, shown, digest)
  return whenReady(count, (count) => ({ rule, count, window, reserves }))
}

/** The budgets that a call is charged to. */
export const budgetsOf = (
  { rules, reserve = false }: SpendLimits,
  subject: SpendSubject,
  digest: DigestName,
): Awaitable<ReadonlyArray<Budget>> => {
  const budgets: Array<Awaitable<Budget>> = []
  for (const rule of rules) {
    const partition = spendPartition(rule, subject)
    if (partition !== undefined) budgets.push(budgetOf(rule, partition, subject, digest, reserve))
  }
  return allReady(budgets)
}
