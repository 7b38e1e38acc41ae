/**
 * Rows of analytics as columns of a table.
 *
 * @module
 */
import type { Dimension } from "../request-log/analytics-query.ts"
import type { CsvRow } from "./csv.ts"

/** The counts of a row, in the order of tables. */
export const countColumns = [
  "requests",
  "errors",
  "cached",
  "tokens_in",
  "tokens_out",
  "tokens_cached",
  "cost",
  "unpriced",
] as const
const times = ["duration", "time_to_first_token"] as const
const shares = ["p50", "p90", "p95", "p99"] as const
/** Later additions come last, so that readers who rely on positions keep working. */
const laterCounts = ["tokens_reasoning", "estimated", "cost_estimated", "rescued"] as const
const speed = "tokens_per_second"

/** `cached` and `rescued` are counts as well. */
const columnOf = (dimension: string): string =>
  dimension === "cached" || dimension === "rescued" ? `is_${dimension}` : dimension

/** The columns: the beginning of the bucket, the group, and the figures. */
export const analyticsColumns = (by: ReadonlyArray<Dimension>): ReadonlyArray<string> => [
  "time",
  ...by.map(columnOf),
  ...countColumns,
  ...times.flatMap((time) => shares.map((share) => `${time}_${share}`)),
  ...laterCounts,
  ...shares.map((share) => `${speed}_${share}`),
]

/** A row by these columns. */
export const flatRow = (row: CsvRow): CsvRow => {
  const flat: Record<string, unknown> = { ...row }
  for (const [dimension, value] of Object.entries(Object(row["group"]) as object)) {
    flat[columnOf(dimension)] = value
  }
  for (const time of [...times, speed]) {
    for (const [share, value] of Object.entries(Object(row[time]) as object)) flat[`${time}_${share}`] = value
  }
  return flat
}
