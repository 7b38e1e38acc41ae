/**
 * The hourly rows: the aggregates of a gateway's entries of one kind within an hour. Queries over a million entries read a
 * few thousand of them.
 *
 * @module
 */
import { type Aggregates, emptyAggregates, noTally, rangeNames, type Tally } from "../aggregates.ts"
import { addToSlot, type Histogram } from "../histogram.ts"
import type { Database, Row } from "../../sqlite/database.ts"
import { picoOf } from "../money.ts"
import type { TimeSlice } from "../time-slice.ts"
import type { Rollup } from "./rollup-dimensions.ts"

/** An hour in milliseconds. Hours are identified by their beginning, since 1970. */
export const hourLength = 3_600_000

const flat = (histogram: Histogram): ReadonlyArray<number> => {
  const counts: Array<number> = []
  histogram.forEach((counted, slot) => void counts.push(slot, counted))
  return counts
}
const addCounts = (to: Histogram, counts: ReadonlyArray<number>): void => {
  for (let index = 0; index < counts.length; index += 2) {
    addToSlot(to, counts[index] ?? 0, counts[index + 1] ?? 0)
  }
}

/** The sums at the beginning of a row. */
const sums = [
  "requests",
  "errors",
  "cached",
  "tokens_in",
  "tokens_out",
  "tokens_cached",
  "cost",
  "unpriced",
  "tokens_reasoning",
  "rescued",
  "estimated",
  "cost_estimated",
] as const satisfies ReadonlyArray<keyof Aggregates>

/** Figures as stored in a row; rows from before the fourth version have no third histogram. */
export type HeldFigures = readonly [
  totals: ReadonlyArray<number | string>,
  duration: ReadonlyArray<number>,
  firstToken: ReadonlyArray<number>,
  speed?: ReadonlyArray<number>,
]

/** Figures in the stored form, with the cost as text, since JSON numbers are not exact at any length. */
export const heldFigures = (figures: Aggregates): HeldFigures => [
  sums.map((name) => {
    const value = figures[name]
    return typeof value === "bigint" ? String(value) : value
  }),
  flat(figures.duration),
  flat(figures.first_token),
  flat(figures.speed),
]

/** Figures as the text of a row. */
export const figuresText = (figures: Aggregates): string => JSON.stringify(heldFigures(figures))

/** Rows of the first two versions hold dollars; their sum over an hour is exact once rounded. */
const costIn = (held: number | string | undefined): bigint =>
  typeof held === "string" ? BigInt(held) : picoOf(held ?? 0)

/** Adds stored figures directly: a query reads thousands, and need not build an object for each. */
export const addHeld = (to: Aggregates, [totals, duration, firstToken, speed = []]: HeldFigures): void => {
  addCounts(to.duration, duration)
  addCounts(to.first_token, firstToken)
  addCounts(to.speed, speed)
  // Rows from before the fourth version end earlier; what they lack is unknown of their entries, too.
  for (let index = 0; index < sums.length; index++) {
    const name = sums[index] as typeof sums[number]
    if (name === "cost" || name === "cost_estimated") to[name] += costIn(totals[index])
    else to[name] += Number(totals[index] ?? 0)
  }
}

/** Parses the figures of a row. */
export const figuresOf = (text: string): Aggregates => {
  const figures = emptyAggregates()
  addHeld(figures, JSON.parse(text) as HeldFigures)
  return figures
}

/** Ranges as the text of a row. */
export const rangesText = (ranges: Tally["ranges"]): string =>
  JSON.stringify(rangeNames.map((name) => [ranges[name].min, ranges[name].max]))

/** Parses the ranges of a row. */
export const rangesOf = (text: string): Tally["ranges"] => {
  const pairs = JSON.parse(text) as Array<[number | null, number | null]>
  const { ranges } = noTally()
  for (const [index, name] of rangeNames.entries()) {
    const [min, max] = pairs[index] ?? [null, null]
    ranges[name] = { min, max }
  }
  return ranges
}

/** Splits a slice into its whole hours and what is left before and after them. */
export const wholeHours = (
  { since, until }: TimeSlice,
): { readonly hours: TimeSlice; readonly rest: ReadonlyArray<TimeSlice> } => {
  const from = Math.ceil(since / hourLength) * hourLength
  const to = Math.floor(until / hourLength) * hourLength
  if (from >= to) return { hours: { since, until: since }, rest: [{ since, until }] }
  return {
    hours: { since: from, until: to },
    rest: [{ since, until: from }, { since: to, until }].filter((slice) => slice.since < slice.until),
  }
}

/** The number of rows that are read in one step. */
const rowsAtOnce = 200

/** Prepares to read the rows of some hours, a few hundred at a time. */
export const readHourlyRows = (
  database: Database,
  column: "ranges" | "figures",
  table: Rollup["table"] = "hourly",
) => {
  const read = database.prepare(
    `SELECT hour, kind, requests, ${column} FROM ${table} ` +
      `WHERE scope = ? AND (hour, kind) > (?, ?) AND hour < ? ORDER BY hour, kind LIMIT ${rowsAtOnce}`,
  )
  return function* (scope: number, { since, until }: TimeSlice): Generator<ReadonlyArray<Row>, void, void> {
    let [hour, kind] = [since, ""]
    for (;;) {
      const rows = read.all(scope, hour, kind, until)
      yield rows
      const last = rows.at(-1)
      if (last === undefined || rows.length < rowsAtOnce) return
      hour = Number(last["hour"])
      kind = String(last["kind"])
    }
  }
}
