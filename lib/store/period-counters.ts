/**
 * Translates counts into counters by period.
 *
 * @module
 */
import type { Addition, Counter } from "./counter.ts"
import type { Charge, Count, Counted, Take, WindowUse } from "./counted.ts"
import { bucketOf, counterTtl, remaining } from "./windows.ts"

const counterOf = ({ gateway, name, overflow, spend }: Count, period: number): Counter => {
  const key = `${name}:${period}`
  if (overflow === undefined) return { gateway, key }
  const counter = { gateway, key, overflow: `${overflow}:${period}` }
  return spend === undefined ? counter : { ...counter, spend: { ...spend, period } }
}

/** The addition to the current bucket. */
export const additionOf = ({ counted: { count, window }, by }: Charge, now: number): Addition => ({
  counter: counterOf(count, bucketOf(window, now)),
  by,
  ttl: counterTtl(window, now),
})

/** Reads of the current buckets, and of previous ones that sliding windows need. */
export const usageReads = (counted: ReadonlyArray<Counted>, now: number): Array<Addition> => {
  const reads = counted.map((each) => additionOf({ counted: each, by: 0 }, now))
  for (const { count, window } of counted) {
    if (window.technique === "fixed") continue
    reads.push({
      counter: counterOf(count, bucketOf(window, now) - 1),
      by: 0,
      ttl: counterTtl(window, now),
    })
  }
  return reads
}

/** The use of each window, from the sums of `usageReads`. */
export const usesIn = (
  counted: ReadonlyArray<Counted>,
  sums: ReadonlyArray<number>,
  held: (counted: Counted) => number,
): Array<WindowUse> => {
  let next = counted.length
  return counted.map((each, index) => ({
    previous: each.window.technique === "fixed" ? 0 : sums[next++] ?? 0,
    current: sums[index] ?? 0,
    held: held(each),
  }))
}

/** Whether a window has room for a take. */
export const fits = (
  { counted: { window }, by, holds, ahead }: Omit<Take, "counted"> & {
    readonly counted: Pick<Counted, "window">
  },
  { previous, current, held }: WindowUse,
  now: number,
): boolean => remaining(window, { previous, current: current + held + ahead }, now) >= Math.max(1, by, holds)
