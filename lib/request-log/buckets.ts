/**
 * The time buckets of analytics.
 *
 * @module
 */
import { calendarPeriods } from "../time/calendar.ts"
import type { AnalyticsQuery } from "./analytics-query.ts"
import type { TimeSlice } from "./time-slice.ts"

/** The buckets of a query. */
export interface Buckets {
  /** When the bucket that contains a time begins, in milliseconds since 1970. */
  readonly startOf: (time: number) => number
  /** The common width of all buckets, if they begin at its multiples. */
  readonly width: number | undefined
  /** Splits a slice of time at the bounds of buckets; not at all if the buckets have a `width`. */
  readonly partsOf: (slice: TimeSlice) => ReadonlyArray<TimeSlice>
}

/** The buckets that a query asks for. */
export const bucketsOf = ({ bucket, since }: Pick<AnalyticsQuery, "bucket" | "since">): Buckets => {
  if (bucket === "all") return { startOf: () => since, width: undefined, partsOf: (slice) => [slice] }
  if (typeof bucket === "number") {
    // The column holds whole milliseconds, so a fractional width would make empty buckets.
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
