/**
 * The buckets of time that analytics are divided into.
 *
 * @module
 */
import { calendarPeriods } from "../time/calendar.ts"
import type { AnalyticsQuery } from "./analytics-query.ts"
import type { TimeSlice } from "./time-slice.ts"

/** The buckets of a query. */
export interface Buckets {
  /** When the bucket of a time begins, in milliseconds since 1970. */
  readonly startOf: (time: number) => number
  /** The width, where all have the same one and begin at its multiples. */
  readonly width: number | undefined
  /** A slice of time in parts, none of which lies in two buckets; in one if the buckets have a `width`. */
  readonly partsOf: (slice: TimeSlice) => ReadonlyArray<TimeSlice>
}

/** The buckets that a query asks for. */
export const bucketsOf = ({ bucket, since }: Pick<AnalyticsQuery, "bucket" | "since">): Buckets => {
  if (bucket === "all") return { startOf: () => since, width: undefined, partsOf: (slice) => [slice] }
  if (typeof bucket === "number") {
    // The column holds whole milliseconds: a fraction would make buckets that none of them lies in.
    const width = Math.max(1, Math.trunc(bucket))
    return { startOf: (time) => Math.floor(time / width) * width, width, partsOf: (slice) => [slice] }
  }
  const periods = calendarPeriods(bucket.unit, bucket.timeZone)
  return {
    startOf: (time) => periods.at(time).start,
    width: undefined,
    partsOf: ({ since, until }) => {
      const parts: Array<TimeSlice> = []
      for (let from = since; from < until;) {
        const end = Math.min(until, periods.at(from).end)
        parts.push({ since: from, until: end })
        from = end
      }
      return parts
    },
  }
}
