/**
 * Aggregates from the file: from the hourly rows if the query concerns rollup dimensions alone, else from the entries.
 *
 * @module
 */
import { gather, type Gathered, type Group, groupOf } from "../analytics.ts"
import { conditionsOf } from "../conditions.ts"
import { type Aggregates, counts, emptyAggregates } from "../aggregates.ts"
import { type Buckets, bucketsOf } from "../buckets.ts"
import { count, slotOf } from "../histogram.ts"
import { picoOfParts, summedParts } from "../money.ts"
import type { AnalyticsQuery, AnalyticsRow, Dimension } from "../query.ts"
import type { Database, Row, Value } from "../../sqlite/database.ts"
import { dimensionOf, type Fragment, whereOf } from "./fragment.ts"
import { addFigures, hourLength, hourlyRows, wholeHours } from "./hourly.ts"
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

/** Prepares to answer questions for figures. */
export const analyticsReader = (
  database: Database,
): (query: AnalyticsQuery, gateways: ReadonlyArray<Shown>) => Resumable<ReadonlyArray<AnalyticsRow>> => {
  const slices = slicesOf(database)
  const rollups = [byKind, byToken].map((rollup) => ({
    rollup,
    rowsOf: hourlyRows(database, "figures", rollup.table),
  }))

  function* fromEntries(
    into: Gathered,
    shown: Shown,
    part: TimeSlice,
    query: AnalyticsQuery,
    buckets: Buckets,
    where: Fragment,
  ): Resumable<void> {
    const dimensions = query.by.map((dimension, index) => {
      const { sql, values } = dimensionOf(dimension)
      return { sql: `${sql} AS d${index}`, values }
    })
    // Literals, since SQLite divides whole numbers alone without a remainder, and runtimes bind large ones as others.
    const { width } = buckets
    const time = width === undefined ? `${buckets.startOf(part.since)}` : `created / ${width} * ${width}`
    const columns = [`${time} AS time`, ...dimensions.map(({ sql }) => sql)]
    const read = database.prepare(
      `SELECT ${columns.join(", ")}, ${summed} FROM entry WHERE scope = ? AND created >= ? AND created < ? ` +
        `AND ${where.sql} GROUP BY ${columns.map((_, index) => index + 1).join(", ")}`,
    )
    const values = dimensions.flatMap((dimension) => dimension.values)
    for (const { since, until } of slices(shown.scope, part)) {
      for (const row of read.all(...values, shown.scope, since, until, ...where.values)) {
        const group: Group = query.by.map((name, index) =>
          valueOf(name, shown.gateway, row[`d${index}`] ?? null)
        )
        into.merge(Number(row["time"]), group, figuresIn(row))
      }
      yield
    }
  }

  return function* (query, gateways) {
    const into = gather(query)
    const conditions = conditionsOf(query.filters)
    const where = whereOf(conditions, undefined)
    const buckets = bucketsOf(query)
    const isOfHours = (buckets.width ?? hourLength) % hourLength === 0
    const found = rollups.find(({ rollup }) => asksOf(rollup, conditions) && dividesBy(rollup, query.by))
    const usable = isOfHours ? found : undefined

    function* fromHours(shown: Shown, hours: TimeSlice): Resumable<void> {
      if (usable === undefined) return
      const passes = kindFilter(usable.rollup, conditions)
      for (const rows of usable.rowsOf(shown.scope, hours)) {
        for (const row of rows) {
          const kind = passes(String(row["kind"]))
          if (kind === undefined) continue
          const group = groupOf(query.by, shown.gateway, kind)
          addFigures(into.cell(Number(row["hour"]), group), String(row["figures"]))
        }
        yield
      }
    }
    for (const shown of gateways) {
      const slice = sliceOf(
        Math.max(query.since, conditions.since, shown.since),
        Math.min(query.until, conditions.until),
      )
      for (const part of buckets.partsOf(slice)) {
        if (usable === undefined) {
          yield* fromEntries(into, shown, part, query, buckets, where)
          continue
        }
        const { hours, rest } = wholeHours(part)
        yield* fromHours(shown, hours)
        for (const edge of rest) yield* fromEntries(into, shown, edge, query, buckets, where)
      }
    }
    return into.rows()
  }
}
