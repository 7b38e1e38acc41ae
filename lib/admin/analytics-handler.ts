/**
 * Analytics of a gateway, or of all gateways of an account.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { adminBadRequest } from "../errors/admin-errors.ts"
import { GatewayError } from "../errors.ts"
import type { AnalyticsQuery, AnalyticsRow } from "../request-log/query.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { analyticsQuery } from "./analytics-query.ts"
import { envelope } from "./envelope.ts"

/** As many as a browser can still draw, in less than 10 MB of JSON. */
const mostRows = 10_000

const iso = (time: number): string => new Date(time).toISOString()

const nothing: Omit<AnalyticsRow, "time" | "group"> = {
  requests: 0,
  errors: 0,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  cost: 0,
  unpriced: 0,
  duration: { p50: null, p90: null, p95: null, p99: null },
  time_to_first_token: { p50: null, p90: null, p95: null, p99: null },
}

/** The same query in a single bucket: one as wide as the time since 1970 begins at 0. */
const asTotals = (query: AnalyticsQuery): AnalyticsQuery => ({ ...query, bucket: query.until, by: [] })

/** Answers with the buckets that had requests, and with the totals. */
export const showAnalytics = (
  scope: Pick<AnalyticsQuery, "account" | "gateway">,
  search: URLSearchParams,
): Effect.Effect<Response, GatewayError, RequestLog> =>
  Effect.gen(function* () {
    const query = analyticsQuery(scope, search, yield* Clock.currentTimeMillis)
    if (query instanceof GatewayError) return yield* query
    const log = yield* RequestLog
    const rows = yield* log.analytics(query)
    if (rows.length > mostRows) {
      return yield* adminBadRequest(
        `The figures have more than ${mostRows} rows. Widen bucket, divide by less, filter, or bring since and until ` +
          "closer together.",
      )
    }
    const [total] = yield* log.analytics(asTotals(query))
    return envelope({
      since: iso(query.since),
      until: iso(query.until),
      bucket_ms: query.bucket,
      by: query.by,
      rows: rows.map((row) => ({ ...row, time: iso(row.time) })),
      totals: { ...(total ?? nothing), time: undefined, group: undefined },
    })
  })
