/**
 * Analytics of a gateway, or of all gateways of an account.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { adminBadRequest } from "../errors/admin-errors.ts"
import { GatewayError } from "../errors.ts"
import type { AnalyticsQuery, AnalyticsRow, TimeBuckets } from "../request-log/analytics-query.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { analyticsColumns, flatRow } from "./analytics-columns.ts"
import { divisionsOf, extrasJson, periodBefore, readExtras } from "./analytics-extras.ts"
import { analyticsQuery } from "./read-analytics-query.ts"
import { envelope } from "./envelope.ts"
import type { AskedFormat } from "./export-format.ts"
import { allAtOnce, exportOf } from "./export.ts"
import { fileName } from "./log-export.ts"

/** The most rows: as many as a browser can draw, in less than 10 MB of JSON. */
const mostRows = 10_000

const iso = (time: number): string => new Date(time).toISOString()

const noPercentiles = { p50: null, p90: null, p95: null, p99: null }

/** Without calls nothing was spent: that cost is known. */
const nothing: Omit<AnalyticsRow, "time" | "group"> = {
  requests: 0,
  errors: 0,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  tokens_reasoning: 0,
  cost: 0,
  unpriced: 0,
  estimated: 0,
  cost_estimated: 0,
  rescued: 0,
  duration: noPercentiles,
  time_to_first_token: noPercentiles,
  tokens_per_second: noPercentiles,
}

const days = { day: 86_400_000, week: 604_800_000, month: null } as const

/** The common width of all buckets in milliseconds; `null` if they differ. */
const widthOf = (bucket: TimeBuckets): number | null => {
  if (typeof bucket === "number") return bucket
  return bucket === "all" || bucket.timeZone !== "UTC" ? null : days[bucket.unit]
}

const rowJson = (row: AnalyticsRow) => ({ ...row, time: iso(row.time) })

/** The error for too many rows. */
const tooMany = (rows: ReadonlyArray<AnalyticsRow>): GatewayError | undefined =>
  rows.length > mostRows
    ? adminBadRequest(
      `The figures have more than ${mostRows} rows. Widen bucket, divide by less, filter, or bring since and until ` +
        "closer together.",
    )
    : undefined

const totalsOf = (row: AnalyticsRow | undefined) => ({
  ...(row ?? nothing),
  time: undefined,
  group: undefined,
})

/** Answers with the buckets that had requests, and the totals; other formats have only the buckets. */
export const showAnalytics = (
  scope: Pick<AnalyticsQuery, "account" | "gateway">,
  { format, search }: AskedFormat,
  hasBody: boolean,
): Effect.Effect<Response, GatewayError, RequestLog> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const read = readExtras(search)
    if (read instanceof GatewayError) return yield* read
    const [extras, others] = read
    const asked = analyticsQuery(scope, others, now)
    if (asked instanceof GatewayError) return yield* asked
    const { query, timeZone } = asked
    const log = yield* RequestLog
    if (format !== "json") {
      const rows = yield* log.analytics(query)
      const problem = tooMany(rows)
      if (problem !== undefined) return yield* problem
      const { account, gateway } = scope
      const name = fileName(["analytics", account, ...gateway === undefined ? [] : [gateway]], now)
      const columns = analyticsColumns(query.by)
      return exportOf(
        { format, name, columns, next: allAtOnce(rows.map(rowJson)), flat: flatRow },
        hasBody,
      )
    }
    const divisions = [query, { bucket: "all" as const, by: [] }, ...divisionsOf(extras, query)]
    const [rows = [], totals = [], ...divided] = yield* log.divided(query, divisions)
    const problem = [rows, ...divided.slice(extras.breakdowns.size)].map(tooMany).find((one) =>
      one !== undefined
    )
    if (problem !== undefined) return yield* problem
    const before = periodBefore(extras, query)
    return envelope({
      since: iso(query.since),
      until: iso(query.until),
      bucket_ms: widthOf(query.bucket),
      time_zone: timeZone,
      by: query.by,
      rows: rows.map(rowJson),
      totals: totalsOf(totals[0]),
      ...(before && {
        previous: {
          since: iso(before.since),
          until: iso(before.until),
          totals: totalsOf((yield* log.analytics(before))[0]),
        },
      }),
      ...extrasJson(extras, divided, rowJson),
    })
  })
