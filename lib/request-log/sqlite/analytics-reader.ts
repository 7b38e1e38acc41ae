/**
 * Aggregates from the file: from the hourly rows if the query concerns rollup dimensions alone, else from the entries.
 *
 * @module
 */
import type { Group } from "../analytics.ts"
import { conditionsOf } from "../conditions.ts"
import { type Aggregates, counts, emptyAggregates } from "../aggregates.ts"
import { count, slotOf } from "../histogram.ts"
import { picoOfParts, summedParts } from "../money.ts"
import type { AnalyticsDivision, AnalyticsRow, AnalyticsSelection, Dimension } from "../query.ts"
import type { Database, Row, Value } from "../../sqlite/database.ts"
import { dimensionOf, type Fragment, whereOf } from "./fragment.ts"
import { distinct, type Part, partsOf, stageOf, stretchesOf } from "./divisions.ts"
import { hourLength, hourlyRows, wholeHours } from "./hourly.ts"
import { asksOf, byKind, byToken, dividesBy, kindFilter } from "./rollup-dimensions.ts"
import { type Resumable, slicesOf } from "./resumable.ts"
import { sliceOf, type TimeSlice } from "../time-slice.ts"

/** A gateway, and the time of the oldest of its entries to be shown. */
export interface Shown {
  readonly scope: number
  readonly gateway: string
  readonly since: number
}

const summed = `count(*) AS requests, sum(1 - success) AS errors, sum(cached) AS cached,
  total(tokens_in) AS tokens_in, total(tokens_out) AS tokens_out, total(tokens_cached) AS tokens_cached,
  total(tokens_reasoning) AS tokens_reasoning, count(rescued) AS rescued, sum(estimated) AS estimated,
  ${summedParts("cost", "cost")}, ${summedParts("cost", "cost_estimated", " FILTER (WHERE estimated)")},
  count(*) - count(cost) AS unpriced, json_group_array(duration) AS duration,
  json_group_array(first_token) FILTER (WHERE first_token IS NOT NULL) AS first_token,
  json_group_array(speed) FILTER (WHERE speed IS NOT NULL) AS speed`

const figuresIn = (row: Row): Aggregates => {
  const figures = emptyAggregates()
  for (const name of counts) figures[name] = Number(row[name])
  for (const name of ["cost", "cost_estimated"] as const) {
    figures[name] = picoOfParts(Number(row[`${name}_dollars`]), BigInt(String(row[`${name}_picos`])))
  }
  for (const name of ["duration", "first_token", "speed"] as const) {
    for (const time of JSON.parse(String(row[name])) as Array<number>) count(figures[name], slotOf(time), 1)
  }
  return figures
}

const valueOf = (dimension: Dimension, gateway: string, value: Value): string | null => {
  if (dimension === "gateway") return gateway
  if (value === null) return null
  if (dimension === "cached") return String(value === 1)
  return dimension.startsWith("metadata.") ? JSON.parse(String(value)) as string : String(value)
}

/** Answers questions for figures of some gateways: of each division its rows. */
export type ReadAnalytics = (
  selection: AnalyticsSelection,
  divisions: ReadonlyArray<AnalyticsDivision>,
  gateways: ReadonlyArray<Shown>,
) => Resumable<ReadonlyArray<ReadonlyArray<AnalyticsRow>>>

/** Prepares to answer questions for figures. */
export const analyticsReader = (database: Database): ReadAnalytics => {
  const slices = slicesOf(database)
  const rollups = [byKind, byToken].map((rollup) => ({
    rollup,
    rowsOf: hourlyRows(database, "figures", rollup.table),
  }))

  function* fromEntries(
    parts: ReadonlyArray<Part>,
    shown: Shown,
    stretch: TimeSlice,
    where: Fragment,
  ): Resumable<void> {
    const names = distinct(parts.flatMap(({ by }) => by))
    const widths = distinct(parts.flatMap(({ buckets: { width } }) => width ?? []))
    const dimensions = names.map((name, index) => {
      const { sql, values } = dimensionOf(name)
      return { sql: `${sql} AS d${index}`, values }
    })
    const columns = [
      // Literals, since SQLite divides whole numbers alone without a remainder, and runtimes bind large ones as others.
      ...widths.map((width, index) => `created / ${width} * ${width} AS t${index}`),
      ...dimensions.map(({ sql }) => sql),
    ]
    const read = database.prepare(
      `SELECT ${
        [...columns, summed].join(", ")
      } FROM entry WHERE scope = ? AND created >= ? AND created < ? ` +
        `AND ${where.sql}${
          columns.length === 0 ? " HAVING count(*) > 0" : ` GROUP BY ${columns.map((_, index) => index + 1)}`
        }`,
    )
    const values = dimensions.flatMap((dimension) => dimension.values)
    for (const { since, until } of slices(shown.scope, stretch)) {
      for (const row of read.all(...values, shown.scope, since, until, ...where.values)) {
        const figures = figuresIn(row)
        for (const { by, buckets, into } of parts) {
          const { width } = buckets
          const group: Group = by.map((name) =>
            valueOf(name, shown.gateway, row[`d${names.indexOf(name)}`] ?? null)
          )
          into.merge(width === undefined ? since : Number(row[`t${widths.indexOf(width)}`]), group, figures)
        }
      }
      yield
    }
  }

  return function* (selection, divisions, gateways) {
    const conditions = conditionsOf(selection.filters)
    const where = whereOf(conditions, undefined)
    const parts = partsOf(selection, divisions)
    const rollupOf = ({ by, buckets }: Part) =>
      (buckets.width ?? hourLength) % hourLength === 0
        ? rollups.find(({ rollup }) => asksOf(rollup, conditions) && dividesBy(rollup, by))
        : undefined

    function* fromHours(
      { rollup, rowsOf }: typeof rollups[number],
      some: ReadonlyArray<Part>,
      shown: Shown,
      hours: TimeSlice,
    ): Resumable<void> {
      const passes = kindFilter(rollup, conditions)
      const stage = stageOf(some)
      for (const rows of rowsOf(shown.scope, hours)) {
        for (const row of rows) {
          const text = String(row["kind"])
          const kind = passes(text)
          if (kind !== undefined) stage.add(Number(row["hour"]), text, kind, String(row["figures"]))
        }
        yield
      }
      stage.merge(shown.gateway)
    }
    for (const shown of gateways) {
      const slice = sliceOf(
        Math.max(selection.since, conditions.since, shown.since),
        Math.min(selection.until, conditions.until),
      )
      for (const [rollup, some] of Map.groupBy(parts, rollupOf)) {
        for (const stretch of stretchesOf(slice, some)) {
          if (rollup === undefined) {
            yield* fromEntries(some, shown, stretch, where)
            continue
          }
          const { hours, rest } = wholeHours(stretch)
          yield* fromHours(rollup, some, shown, hours)
          for (const edge of rest) yield* fromEntries(some, shown, edge, where)
        }
      }
    }
    return parts.map(({ into }) => into.rows())
  }
}
