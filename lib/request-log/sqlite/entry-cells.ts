/**
 * Aggregates of entries that share the values of some dimensions, from the entries themselves.
 *
 * @module
 */
import type { Group } from "../analytics.ts"
import { type Aggregates, counts, emptyAggregates } from "../aggregates.ts"
import { addToSlot, slotOf } from "../histogram.ts"
import { picoOfParts, summedParts } from "../money.ts"
import type { Dimension } from "../analytics-query.ts"
import type { Database, Row, Value } from "../../sqlite/database.ts"
import type { TimeSlice } from "../time-slice.ts"
import { dimensionOf, type Fragment } from "./fragment.ts"
import { type Resumable, slicesOf } from "./resumable.ts"

/** A gateway, and the earliest time from which its entries are shown. */
export interface Shown {
  readonly scope: number
  readonly gateway: string
  readonly since: number
}

/** A group of entries within one slice. */
interface Cell {
  /** The beginning of the bucket, for each width. */
  readonly times: ReadonlyArray<number>
  /** The value of each dimension. */
  readonly group: Group
  readonly figures: Aggregates
}

/** How entries are grouped. */
interface Distinction {
  readonly widths: ReadonlyArray<number>
  readonly names: ReadonlyArray<Dimension>
  readonly where: Fragment
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
    for (const time of JSON.parse(String(row[name])) as Array<number>) {
      addToSlot(figures[name], slotOf(time), 1)
    }
  }
  return figures
}

const valueOf = (dimension: Dimension, gateway: string, value: Value): string | null => {
  if (dimension === "gateway") return gateway
  if (value === null) return null
  if (dimension === "cached") return String(value === 1)
  return dimension.startsWith("metadata.") ? JSON.parse(String(value)) as string : String(value)
}

/** Prepares to read cells. Equal groups are joined within a slice, but not across slices. */
export const cellsReader = (
  database: Database,
): (
  distinction: Distinction,
  shown: Shown,
  stretch: TimeSlice,
  take: (cell: Cell, slice: TimeSlice) => void,
) => Resumable<void> => {
  const slices = slicesOf(database)
  return function* ({ widths, names, where }, shown, stretch, take) {
    const dimensions = names.map((name, index) => {
      const { sql, values } = dimensionOf(name)
      return { sql: `${sql} AS d${index}`, values }
    })
    const columns = [
      // Literals, since SQLite's integer division needs integers, and runtimes bind large ones as floating-point
      // numbers.
      ...widths.map((width, index) => `created / ${width} * ${width} AS t${index}`),
      ...dimensions.map(({ sql }) => sql),
    ]
    const read = database.prepare(
      `SELECT ${
        [...columns, summed].join(", ")
      } FROM entry WHERE scope = ? AND created >= ? AND created < ? ` +
        `AND ${where.sql} ${
          columns.length === 0 ? "HAVING count(*) > 0" : `GROUP BY ${columns.map((_, index) => index + 1)}`
        }`,
    )
    const values = dimensions.flatMap((dimension) => dimension.values)
    for (const slice of slices(shown.scope, stretch)) {
      for (const row of read.all(...values, shown.scope, slice.since, slice.until, ...where.values)) {
        take({
          times: widths.map((_, index) => Number(row[`t${index}`])),
          group: names.map((name, index) => valueOf(name, shown.gateway, row[`d${index}`] ?? null)),
          figures: figuresIn(row),
        }, slice)
      }
      yield
    }
  }
}
