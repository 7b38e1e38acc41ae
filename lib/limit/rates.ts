/**
 * The counts that a gateway's rate rules make: one for each rule, or for each partition of it.
 *
 * @module
 */
import type { RateRule } from "../config/limit-rules.ts"
import { defaultZone, type WindowLength } from "../config/window-length.ts"
import { allReady, type Awaitable, whenReady } from "../time/awaitable.ts"
import { type Counted, countOf, type DigestName, windowName } from "./counter-keys.ts"
import { type LimitSubject, ratePartition } from "./partition.ts"
import { periodsOf } from "./windows.ts"

/** A rate's window, and the count of one partition. */
export interface RateCount extends Counted {
  readonly rule: RateRule
}

/** The length of a rule's window: it has an interval or a calendar's window. */
export const rateLength = ({ interval, window }: RateRule): WindowLength => window ?? interval ?? 0

/** The count of one partition of a rule. */
export const rateCountOf = (
  rule: RateRule,
  partition: ReadonlyArray<string>,
  gateway: string,
  digest: DigestName,
): Awaitable<RateCount> => {
  const { id, limit, unit, technique, time_zone: zone = defaultZone } = rule
  const length = rateLength(rule)
  const window = { limit, technique, periods: periodsOf(length, zone) }
  const name = ["rate", gateway, id, unit, ...windowName(length, zone)]
  const count = countOf(gateway, name, partition, undefined, digest)
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
