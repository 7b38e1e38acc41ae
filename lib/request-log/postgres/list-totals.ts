/**
 * How many entries match, and the ranges of their values: from the hourly rows if the query uses rollup dimensions
 * alone, otherwise from the entries.
 *
 * @module
 */
import type { Query, Row } from "../../postgres/database.ts"
import { parameters } from "../../postgres/statement-values.ts"
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

const fromEntries = async (
  query: Query,
  { scope, conditions, search }: ScopeSelection,
  slice: TimeSlice,
): Promise<Tally> => {
  const add = parameters()
  const [row = {}] = await query(
    `SELECT count(*)::float8 AS total, ${rangesOfEntries} FROM basegate.entry
     WHERE scope = ${add.one("int4", scope)} AND created >= ${add.one("int8", slice.since)}
       AND created < ${add.one("int8", slice.until)} AND ${whereOf(conditions, search, add)}`,
    add.values,
  )
  return tallyIn(row, Number(row["total"]))
}

/** Hours from which entries were removed, whose ranges are unknown until they are merged. */
const staleHours = async (
  query: Query,
  scope: number,
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
const slicesOf = (hours: ReadonlyArray<number>): ReadonlyArray<TimeSlice> => {
  const slices: Array<{ since: number; until: number }> = []
  for (const hour of hours) {
    const last = slices.at(-1)
    if (last?.until === hour) last.until = hour + hourLength
    else slices.push({ since: hour, until: hour + hourLength })
  }
  return slices
}

/** The tally of a selection. */
export const tallyOf = async (query: Query, asked: ScopeSelection): Promise<Tally> => {
  const { scope, conditions, search } = asked
  if (!asksOf(byKind, conditions, search)) return await fromEntries(query, asked, asked.slice)
  const { hours, rest } = wholeHours(asked.slice)
  const total = noTally()
  const stale = hours.since < hours.until ? await staleHours(query, scope, hours) : []
  if (hours.since < hours.until) {
    const passes = kindFilter(byKind, conditions)
    const rows = await query(
      `SELECT kind, sum(requests)::float8 AS requests, ${rangesOfHours} FROM basegate.hourly
       WHERE scope = $1::text::int4 AND hour >= $2::text::int8 AND hour < $3::text::int8
         AND NOT hour = ANY($4::text[]::int8[]) GROUP BY kind`,
      [String(scope), String(hours.since), String(hours.until), stale.map(String)],
    )
    for (const row of rows) {
      if (passes(String(row["kind"])) !== undefined) addTally(total, tallyIn(row, Number(row["requests"])))
    }
  }
  for (const slice of [...slicesOf(stale), ...rest]) addTally(total, await fromEntries(query, asked, slice))
  return total
}
