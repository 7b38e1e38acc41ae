/**
 * The counts that a gateway's rate rules make: one for each rule, or for each partition of it.
 *
 * @module
 */
import type { RateRule } from "../config/limit-rules.ts"
import { defaultZone, type WindowLength } from "../config/window-length.ts"
import type { Counted } from "../store/counted.ts"
import { allReady, type Awaitable, whenReady } from "../time/awaitable.ts"
import { countOf, type DigestName, windowName } from "./counter-keys.ts"
import { type LimitSubject, ratePartition } from "./partition.ts"
import { periodsOf, type Window } from "../store/windows.ts"

/** A rate's window, and the count of one partition. */
export interface RateCount extends Counted {
  readonly rule: RateRule
}

/** The length of a rule's window: its interval, or a calendar period. */
export const rateLength = ({ interval, window }: RateRule): WindowLength => window ?? interval ?? 0

/** Distinguishes a rule's counts from those of all other rules. */
export const rateName = (gateway: string, rule: RateRule): ReadonlyArray<string | number> => [
  ...["rate", gateway, rule.id, rule.unit],
  ...windowName(rateLength(rule), rule.time_zone ?? defaultZone),
]

/** A rule's window. */
export const rateWindow = (rule: RateRule): Window => ({
  limit: rule.limit,
  technique: rule.technique,
  periods: periodsOf(rateLength(rule), rule.time_zone ?? defaultZone),
})

/** The count of one partition of a rule. */
export const rateCountOf = (
  rule: RateRule,
  partition: ReadonlyArray<string>,
  gateway: string,
  digest: DigestName,
): Awaitable<RateCount> => {
  const window = rateWindow(rule)
  const count = countOf(gateway, rateName(gateway, rule), partition, undefined, digest)
  return whenReady(count, (count) => ({ rule, count, window }))
}

/** The counts that a request is taken from. */
export const rateCountsOf = (
  rules: ReadonlyArray<RateRule>,
  subject: LimitSubject,
  digest: DigestName,
): Awaitable<ReadonlyArray<RateCount>> => {
  const counts: Array<Awaitable<RateCount>> = []
  for (const rule of rules) {
    const partition = ratePartition(rule, subject)
    if (partition !== undefined) counts.push(rateCountOf(rule, partition, subject.gateway, digest))
  }
  return allReady(counts)
}
