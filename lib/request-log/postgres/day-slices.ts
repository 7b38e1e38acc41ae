/**
 * Divides queries by day. Each day is a table of its own, and several are read at once.
 *
 * @module
 */
import type { TimeSlice } from "../time-slice.ts"
import { dayLength, dayOf } from "./schema.ts"

/** How many parts of a query run at once: one connection is left for writing. */
const atOnce = 3

/** A query over more days than this is not divided: most of those days have no table. */
const mostDays = 400

/** Divides a slice into days, the newest first; not at all if there would be too many. */
export const inDays = (slice: TimeSlice): ReadonlyArray<TimeSlice> => {
  const { since, until } = slice
  if (until - since > mostDays * dayLength) return [slice]
  const days: Array<TimeSlice> = []
  for (let from = since; from < until;) {
    const end = Math.min(until, dayOf(from) + dayLength)
    days.push({ since: from, until: end })
    from = end
  }
  return days.reverse()
}

/** Runs something for each item, for a few at a time. */
export const forSomeAtOnce = async <A>(
  items: ReadonlyArray<A>,
  run: (item: A) => Promise<void>,
): Promise<void> => {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < items.length) await run(items[next++] as A)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
}
