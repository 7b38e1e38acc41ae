/**
 * Divides a gateway's entries into slices of time that take a few milliseconds each, so that streams continue in
 * between.
 *
 * @module
 */
import type { Database } from "../../sqlite/database.ts"
import { hourLength } from "./hourly.ts"
import type { TimeSlice } from "../time-slice.ts"

/** The number of entries that a slice should have. */
const sliceLength = 8192

/** Work in short steps, between which other work may run. */
export type Resumable<A> = Generator<void, A, void>

/**
 * Prepares to find slices. The hourly rows tell the number of entries, which are assumed to be spread evenly within
 * an hour.
 */
export const slicesOf = (
  database: Database,
): (scope: number, whole: TimeSlice) => ReadonlyArray<TimeSlice> => {
  const hours = database.prepare(
    "SELECT hour, sum(requests) AS requests FROM hourly WHERE scope = ? AND hour > ? AND hour < ? " +
      "GROUP BY hour ORDER BY hour",
  )
  return (scope, whole) => {
    const slices: Array<TimeSlice> = []
    let open: { since: number; until: number; length: number } | undefined
    const add = (since: number, until: number, length: number): void => {
      if (open !== undefined && open.length + length <= sliceLength) {
        open.until = until
        open.length += length
      } else {
        open = { since, until, length }
        slices.push(open)
      }
    }
    for (const row of hours.all(scope, whole.since - hourLength, whole.until)) {
      const hour = Number(row["hour"])
      const requests = Number(row["requests"])
      const parts = Math.ceil(requests / sliceLength)
      for (let part = 0; part < parts; part++) {
        const since = Math.max(whole.since, hour + Math.floor(part * hourLength / parts))
        const until = Math.min(whole.until, hour + Math.floor((part + 1) * hourLength / parts))
        if (since < until) add(since, until, requests / parts)
      }
    }
    return slices
  }
}
