/**
 * Reads the parameters of an analytics request.
 *
 * @module
 */
import type { GatewayError } from "../errors.ts"
import {
  type AnalyticsQuery,
  type Dimension,
  fixedDimensions,
  type TimeBuckets,
} from "../request-log/analytics-query.ts"
import { dateIn, isTimeZone } from "../time/calendar.ts"
import { flatFilters } from "./flat-filters.ts"
import { openParameters, type QueryParameters, timeOf } from "./query-parameters.ts"
import { readFilters } from "./read-filters.ts"

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `15m`, `24h`, `7d` in milliseconds. */
const span = (text: string): number | undefined => {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const milliseconds = Number(count) * (units[unit] ?? 0)
  return milliseconds > 0 ? milliseconds : undefined
}

/** A month or a day, which begins at midnight in the query's time zone. */
const dateOf = (text: string, timeZone: string): number | undefined => {
  const [, month, day = "-01"] = /^(\d{4}-\d\d)(-\d\d)?$/.exec(text) ?? []
  const time = month === undefined ? undefined : timeOf(`${month}${day}`)
  return time === undefined ? undefined : dateIn(timeZone, time)
}

/** A moment: an ISO date, milliseconds since 1970, or a span before now. */
export const parseMoment = (text: string, now: number, timeZone: string): number | undefined => {
  if (/^\d{10,15}$/.test(text)) return Number(text)
  const date = dateOf(text, timeZone)
  if (date !== undefined) return date
  const before = text.startsWith("-") ? span(text.slice(1)) : undefined
  return before === undefined ? timeOf(text) : now - before
}
/** What such a parameter accepts. */
export const moments = "an ISO date, milliseconds since 1970, or a span before now such as -24h"

/** Readable widths; the smallest that gives no more than `usualBuckets` is used. */
const widths = ["1s", "10s", "1m", "5m", "15m", "1h", "3h", "6h", "12h", "1d", "1w", "4w"]
const usualBuckets = 100
const mostBuckets = 2000

const usualBucket = (range: number, timeZone: string): TimeBuckets => {
  const width = widths.find((width) => range / (span(width) ?? 1) <= usualBuckets)
  return (width === undefined ? undefined : bucketOf(width, timeZone)) ?? Math.ceil(range / usualBuckets)
}

const calendarUnits = new Map([["1d", "day"], ["1w", "week"], ["1mo", "month"]] as const)

/** A bucket by its name: a width, a calendar's day, week or month, or `all`. */
const bucketOf = (text: string, timeZone: string): TimeBuckets | undefined => {
  if (text === "all") return text
  const unit = calendarUnits.get(text as "1d")
  // Days in UTC are a plain width, which is faster.
  return unit === undefined || (unit === "day" && timeZone === "UTC") ? span(text) : { unit, timeZone }
}

const lengths = { day: units["d"] ?? 1, week: units["w"] ?? 1, month: 28 * (units["d"] ?? 1) }

/** The most buckets of a period. */
const countOf = (bucket: TimeBuckets, range: number): number =>
  bucket === "all" ? 1 : range / (typeof bucket === "number" ? bucket : lengths[bucket.unit])

/** Whether figures can be grouped by a name. */
export const isDimension = (name: string): name is Dimension =>
  fixedDimensions.some((known) => known === name) || /^metadata\..{1,64}$/s.test(name)
const mostDimensions = 3

const dimensions = (parameters: QueryParameters): ReadonlyArray<Dimension> => {
  const names = [...new Set((parameters.text("by", 300) ?? "").split(",").filter((name) => name !== ""))]
  const by = names.filter(isDimension)
  if (by.length < names.length || by.length > mostDimensions) {
    parameters.refuse(
      `by takes up to ${mostDimensions} of ${fixedDimensions.join(", ")} and metadata.{key}, with commas.`,
    )
  }
  return by
}

/** An analytics query. */
export interface AskedAnalytics {
  readonly query: AnalyticsQuery
  /** The time zone of calendar buckets. */
  readonly timeZone: string
}

/** An analytics query: by default of the last day, in at most a hundred buckets, ungrouped. */
export const analyticsQuery = (
  scope: Pick<AnalyticsQuery, "account" | "gateway">,
  search: URLSearchParams,
  now: number,
): AskedAnalytics | GatewayError => {
  const parameters = openParameters(search)
  const timeZone = parameters.decoded(
    "time_zone",
    "a name of the IANA database such as Europe/Berlin",
    (text) => isTimeZone(text) ? text : undefined,
  ) ?? "UTC"
  const asked = parameters.decoded("since", moments, (text) => parseMoment(text, now, timeZone)) ??
    now - 86_400_000
  const since = Math.max(0, asked)
  const until = parameters.decoded("until", moments, (text) => parseMoment(text, now, timeZone)) ?? now
  const bucket = parameters.decoded(
    "bucket",
    "a width such as 5m, 1h or 1d, or 1mo or all",
    (text) => bucketOf(text, timeZone),
  )
  const query = {
    ...scope,
    filters: [...readFilters(parameters), ...flatFilters(parameters)],
    since,
    until,
    bucket: bucket ?? usualBucket(until - since, timeZone),
    by: dimensions(parameters),
  }
  if (since >= until) parameters.refuse("since must be before until.")
  else if (countOf(query.bucket, until - since) > mostBuckets) {
    parameters.refuse(
      `These are more than ${mostBuckets} buckets: widen bucket, or bring since and until closer together.`,
    )
  }
  return parameters.problem() ?? { query, timeZone }
}
