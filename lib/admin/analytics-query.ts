/**
 * Reads the parameters of an analytics request.
 *
 * @module
 */
import type { AnalyticsQuery, Dimension } from "../request-log/query.ts"
import type { GatewayError } from "../errors.ts"
import { flatFilters } from "./flat-filters.ts"
import { openParameters, type Parameters, timeOf } from "./parameters.ts"
import { readFilters } from "./read-filters.ts"

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `15m`, `24h`, `7d` in milliseconds. */
const span = (text: string): number | undefined => {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const milliseconds = Number(count) * (units[unit] ?? 0)
  return milliseconds > 0 ? milliseconds : undefined
}

/** A moment: an ISO date, milliseconds since 1970, or a span before now. */
const moment = (text: string, now: number): number | undefined => {
  if (/^\d{10,15}$/.test(text)) return Number(text)
  const before = text.startsWith("-") ? span(text.slice(1)) : undefined
  return before === undefined ? timeOf(text) : now - before
}
const moments = "an ISO date, milliseconds since 1970, or a span before now such as -24h"

/** Widths that are easy to read; the smallest that gives no more than `usualBuckets` is taken. */
const widths = ["1s", "10s", "1m", "5m", "15m", "1h", "3h", "6h", "12h", "1d", "1w", "4w"]
const usualBuckets = 100
const mostBuckets = 2000

const usualWidth = (range: number): number =>
  widths.map((width) => span(width) ?? 1).find((width) => range / width <= usualBuckets) ??
    Math.ceil(range / usualBuckets)

const isDimension = (name: string): name is Dimension =>
  /^(?:model|provider|gateway|status|cached|metadata\..{1,64})$/s.test(name)
const mostDimensions = 3

const dimensions = (parameters: Parameters): ReadonlyArray<Dimension> => {
  const names = [...new Set((parameters.text("by", 300) ?? "").split(",").filter((name) => name !== ""))]
  const by = names.filter(isDimension)
  if (by.length < names.length || by.length > mostDimensions) {
    parameters.refuse(
      `by takes up to ${mostDimensions} of model, provider, gateway, status, cached and metadata.{key}, with commas.`,
    )
  }
  return by
}

/**
 * An analytics query: by default of the last day, in at most a hundred buckets, ungrouped.
 */
export const analyticsQuery = (
  scope: Pick<AnalyticsQuery, "account" | "gateway">,
  search: URLSearchParams,
  now: number,
): AnalyticsQuery | GatewayError => {
  const parameters = openParameters(search)
  const asked = parameters.decoded("since", moments, (text) => moment(text, now)) ?? now - 86_400_000
  const since = Math.max(0, asked)
  const until = parameters.decoded("until", moments, (text) => moment(text, now)) ?? now
  const width = parameters.decoded("bucket", "a width such as 5m, 1h or 1d", span)
  const query = {
    ...scope,
    filters: [...readFilters(parameters), ...flatFilters(parameters)],
    since,
    until,
    bucket: width ?? usualWidth(until - since),
    by: dimensions(parameters),
  }
  if (since >= until) parameters.refuse("since must be before until.")
  else if ((until - since) / query.bucket > mostBuckets) {
    parameters.refuse(
      `These are more than ${mostBuckets} buckets: widen bucket, or bring since and until closer together.`,
    )
  }
  return parameters.problem() ?? query
}
