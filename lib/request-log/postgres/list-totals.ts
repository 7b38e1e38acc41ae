/**
 * How many entries match, and the ranges of their values: from the hourly rows if the query uses rollup dimensions
 * alone, otherwise from the entries.
 *
 * @module
 */
import type { Query, Row } from "../../postgres/database.ts"
import { parameters, type StatementValues } from "../../postgres/statement-values.ts"
import { addTally, noTally, rangeNames, type Tally } from "../aggregates.ts"
import { hourLength, wholeHours } from "../sqlite/hourly.ts"
import { asksOf, byKind, kindFilter } from "../sqlite/rollup-dimensions.ts"
import type { TimeSlice } from "../time-slice.ts"
import { whereOf } from "./fragment.ts"
import type { ScopeSelection } from "./reader.ts"
import { rangeColumns } from "./schema.ts"

/** The least and the greatest of each column, by the names that `tallyIn` reads. */
export const rangesOfEntries: string = rangeColumns
  .map((name) => `min(${name}) AS min_${name}, max(${name}) AS max_${name}`).join(", ")

const rangesOfHours = rangeColumns
  .map((name) => `min(min_${name}) AS min_${name}, max(max_${name}) AS max_${name}`).join(", ")

/** The tally of a row. */
export const tallyIn = (row: Row, total: number): Tally => {
  const tally = noTally()
  tally.total = total
  for (const name of rangeNames) {
    const column = name === "total_tokens" ? "tokens" : name
    const [min, max] = [row[`min_${column}`], row[`max_${column}`]]
    if (typeof min === "number" && typeof max === "number") tally.ranges[name] = { min, max }
  }
  return tally
}

/** A stretch of time, and how many entries of a selection it has. */
export interface CountedSlice extends TimeSlice {
  readonly entries: number
}

/** The tally of a selection. */
export interface SelectionTally {
  readonly tally: Tally
  /** Where its entries are: of each day, and of what is counted by itself. */
  readonly counted: ReadonlyArray<CountedSlice>
}

/** Adds what rows of days say. */
const addRows = (
  to: { readonly tally: Tally; readonly counted: Array<CountedSlice> },
  rows: ReadonlyArray<Row>,
): void => {
  for (const row of rows) {
    const entries = Number(row["total"])
    addTally(to.tally, tallyIn(row, entries))
    if (entries > 0) {
      to.counted.push({ since: Number(row["since"]), until: Number(row["until"]), entries })
    }
  }
}

const fromEntries = (
  query: Query,
  { scope, conditions, search }: ScopeSelection,
  slice: TimeSlice,
): Promise<ReadonlyArray<Row>> => {
  const add = parameters()
  return query(
    `SELECT count(*)::float8 AS total, min(created)::float8 AS since, max(created)::float8 + 1 AS until, ${rangesOfEntries}
     FROM basegate.entry
     WHERE scope = ${add.one("int4", scope)} AND created >= ${add.one("int8", slice.since)}
       AND created < ${add.one("int8", slice.until)} AND ${
      whereOf(conditions, search, add)
    } GROUP BY tableoid`,
    add.values,
  )
}

/** Which hourly rows concern a selection by kinds. */
export const hourFilter = async (
  query: Query,
  { scope, conditions }: ScopeSelection,
  { since, until }: TimeSlice,
  add: StatementValues,
): Promise<string> => {
  const where = (add: StatementValues) =>
    `scope = ${add.one("int4", scope)} AND hour >= ${add.one("int8", since)} AND hour < ${
      add.one("int8", until)
    }`
  if (conditions.fields.length === 0) return where(add)
  const asked = parameters()
  const passes = kindFilter(byKind, conditions)
  const kinds = (await query(`SELECT DISTINCT kind FROM basegate.hourly WHERE ${where(asked)}`, asked.values))
    .map(({ kind }) => String(kind)).filter((kind) => passes(kind) !== undefined)
  return `${where(add)} AND kind = ANY(${add.list("text", kinds)})`
}

/** Hours from which entries were removed, whose ranges are unknown until they are merged. */
const staleHours = async (
  query: Query,
  { scope }: ScopeSelection,
  { since, until }: TimeSlice,
): Promise<ReadonlyArray<number>> => {
  const rows = await query(
    `SELECT DISTINCT hour::float8 AS hour FROM basegate.hourly
     WHERE scope = $1::text::int4 AND hour >= $2::text::int8 AND hour < $3::text::int8 AND stale ORDER BY 1`,
    [String(scope), String(since), String(until)],
  )
  return rows.map(({ hour }) => Number(hour))
}

/** Joins hours into as few slices as possible. */
export const hourSlices = (hours: ReadonlyArray<number>): ReadonlyArray<TimeSlice> => {
  const slices: Array<{ since: number; until: number }> = []
  for (const hour of hours) {
    const last = slices.at(-1)
    if (last?.until === hour) last.until = hour + hourLength
    else slices.push({ since: hour, until: hour + hourLength })
  }
  return slices
}

/** Counts the entries of a selection. */
export const tallyOf = async (query: Query, asked: ScopeSelection): Promise<SelectionTally> => {
  const found = { tally: noTally(), counted: [] as Array<CountedSlice> }
  if (!asksOf(byKind, asked.conditions, asked.search)) {
    addRows(found, await fromEntries(query, asked, asked.slice))
    return found
  }
  const { hours, rest } = wholeHours(asked.slice)
  const stale = hours.since < hours.until ? await staleHours(query, asked, hours) : []
  if (hours.since < hours.until) {
    const add = parameters()
    const where = await hourFilter(query, asked, hours, add)
    addRows(
      found,
      await query(
        `SELECT sum(requests)::float8 AS total, min(hour)::float8 AS since, max(hour)::float8 + ${hourLength} AS until,
           ${rangesOfHours}
         FROM basegate.hourly WHERE ${where} AND NOT hour = ANY(${
          add.list("int8", stale)
        }) GROUP BY tableoid`,
        add.values,
      ),
    )
  }
  for (const slice of [...hourSlices(stale), ...rest]) addRows(found, await fromEntries(query, asked, slice))
  return found
}
