/** Figures of analytics for tests, in which most are nothing. */
import type { AnalyticsRow } from "../../lib/request-log/analytics-query.ts"

const none = { p50: null, p90: null, p95: null, p99: null }

/** The figures of requests of which nothing but `members` is told. */
export const someFigures = (
  members: Partial<AnalyticsRow> = {},
): Omit<AnalyticsRow, "time" | "group"> => ({
  requests: 0,
  errors: 0,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  tokens_reasoning: 0,
  cost: null,
  unpriced: 0,
  estimated: 0,
  cost_estimated: 0,
  rescued: 0,
  duration: none,
  time_to_first_token: none,
  tokens_per_second: none,
  ...members,
})
