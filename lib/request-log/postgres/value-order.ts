/**
 * Lists in the order of a value other than the time, of which the hourly rows tell where the first entries are: in the hours with
 * the greatest values, or among the entries of one model. Without them every entry would be read and sorted.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import { parameters } from "../../postgres/statement-values.ts"
import { fields, type Operand } from "../conditions.ts"
import { compareOperands } from "../filter.ts"
import type { OrderKey } from "../query.ts"
import { wholeHours } from "../sqlite/hourly.ts"
import { asksOf, byKind, kindFilter } from "../sqlite/rollup-dimensions.ts"
import type { TimeSlice } from "../time-slice.ts"
import { columnOf, whereOf } from "./fragment.ts"
import { hourFilter, hourSlices } from "./list-totals.ts"
import type { ScopeSelection } from "./reader.ts"
import { rangeColumns } from "./schema.ts"

/** Where some entries are, which follow one another in an order. */
export interface Place {
  readonly slices: ReadonlyArray<TimeSlice>
  /** The value that they share. */
  readonly value?: Operand
  /** A value that theirs come before. */
  readonly before?: number
  /** How many of them are passed over, and how many are wanted. */
  readonly skip: number
  readonly limit: number
}

/** The places of a page. */
export interface PagePlaces {
  readonly places: ReadonlyArray<Place>
  /** How many of their entries, all together, lie before the page. */
  readonly skip: number
}

/** An order, and which of its entries are asked for. */
export interface ValueOrder {
  readonly orderBy: OrderKey
  readonly descending: boolean
  readonly skip: number
  readonly limit: number
}

/** More slices than this are not worth a statement that names them. */
const mostSlices = 120

/**
 * The places of the first `most` entries of an order, by the greatest value of each hour. If `most` hours have an entry at least as
 * great as some value, then so are the first `most` entries: those that are greater lie in the few hours that have a greater one,
 * and the others have this value, and come by their ids.
 */
const greatest = async (
  query: Query,
  asked: ScopeSelection,
  column: typeof rangeColumns[number],
  descending: boolean,
  most: number,
): Promise<ReadonlyArray<Place> | undefined> => {
  const { hours, rest } = wholeHours(asked.slice)
  if (hours.since >= hours.until || most > mostSlices) return undefined
  const add = parameters()
  const best = descending ? `max(max_${column})` : `min(min_${column})`
  const rows = await query(
    `SELECT hour::float8 AS hour, ${best} AS best, bool_or(stale) AS stale FROM basegate.hourly
     WHERE ${await hourFilter(query, asked, hours, add)} GROUP BY hour`,
    add.values,
  )
  const sign = descending ? -1 : 1
  // The ranges of hours from which entries were removed are unknown until they are merged.
  const unknown = rows.filter((row) => row["stale"] === true).map((row) => Number(row["hour"]))
  const known = rows.filter((row) => row["stale"] !== true && typeof row["best"] === "number")
    .map((row) => ({ hour: Number(row["hour"]), best: Number(row["best"]) }))
    .sort((one, other) => sign * (one.best - other.best))
  const bound = known[most - 1]?.best
  if (bound === undefined) return undefined
  const slicesWith = (chosen: ReadonlyArray<typeof known[number]>): ReadonlyArray<TimeSlice> => [
    ...hourSlices([...chosen.map(({ hour }) => hour), ...unknown].sort((one, other) => one - other)),
    ...rest,
  ]
  const first = { skip: 0, limit: most }
  const enough = slicesWith(known.filter(({ best }) => sign * (best - bound) <= 0))
  const tied = known.filter(({ best }) => best === bound).length
  if (tied <= most && enough.length <= mostSlices) return [{ slices: enough, ...first }]
  // Many hours have this value: by their ids, the first entries that share it are found soon.
  const greater = slicesWith(known.filter(({ best }) => sign * (best - bound) < 0))
  if (greater.length > mostSlices) return undefined
  return [
    ...greater.length === 0 ? [] : [{ slices: greater, before: bound, ...first }],
    { slices: [asked.slice], value: bound, ...first },
  ]
}

/** How many entries have each value of something that kinds distinguish. */
const countValues = async (
  query: Query,
  asked: ScopeSelection,
  orderBy: OrderKey,
): Promise<ReadonlyMap<Operand, number>> => {
  const counts = new Map<Operand, number>()
  const count = (value: Operand, entries: number) =>
    void counts.set(value, (counts.get(value) ?? 0) + entries)
  const { hours, rest } = wholeHours(asked.slice)
  const column = columnOf(orderBy)
  if (hours.since < hours.until) {
    const add = parameters()
    const passes = kindFilter(byKind, asked.conditions)
    const rows = await query(
      `SELECT kind, sum(requests)::float8 AS entries FROM basegate.hourly
       WHERE ${await hourFilter(query, asked, hours, add)} GROUP BY kind`,
      add.values,
    )
    for (const { kind, entries } of rows) {
      const values = passes(String(kind)) as Readonly<Record<string, Operand>> | undefined
      if (values !== undefined) count(values[column] ?? null, Number(entries))
    }
  }
  for (const edge of rest) {
    const add = parameters()
    const rows = await query(
      `SELECT ${column} AS value, count(*)::float8 AS entries FROM basegate.entry
       WHERE scope = ${add.one("int4", asked.scope)} AND created >= ${add.one("int8", edge.since)}
         AND created < ${add.one("int8", edge.until)} AND ${
        whereOf(asked.conditions, undefined, add)
      } GROUP BY 1`,
      add.values,
    )
    for (const { value, entries } of rows) count(value as Operand, Number(entries))
  }
  return counts
}

/** The places of a page among the entries of each value, in their order. */
const amongValues = async (
  query: Query,
  asked: ScopeSelection,
  { orderBy, descending, skip, limit }: ValueOrder,
): Promise<ReadonlyArray<Place>> => {
  const sign = descending ? -1 : 1
  const counts = [...await countValues(query, asked, orderBy)]
    .sort(([one], [other]) => sign * compareOperands(one, other))
  const places: Array<Place> = []
  let [before, wanted] = [skip, limit]
  for (const [value, entries] of counts) {
    const here = Math.min(wanted, entries - before)
    if (here > 0) {
      places.push({ slices: [asked.slice], value, skip: before, limit: here })
      wanted -= here
    }
    before = Math.max(0, before - entries)
    if (wanted === 0) break
  }
  return places
}

/** Where the entries of a page are, in their order. Must run in the snapshot in which the page is read. */
export const placesOf = async (
  query: Query,
  asked: ScopeSelection,
  order: ValueOrder,
): Promise<PagePlaces> => {
  const { skip, limit, orderBy, descending } = order
  const everywhere = { places: [{ slices: [asked.slice], skip, limit }], skip: 0 }
  if (!asksOf(byKind, asked.conditions, asked.search)) return everywhere
  const { fact } = fields[orderBy]
  if (byKind.fields.some((name) => name === fact)) {
    return { places: await amongValues(query, asked, order), skip: 0 }
  }
  const column = rangeColumns.find((name) => name === fact)
  // Costs have an index. Entries without a value come first in ascending order, and have no part in ranges.
  if (column === undefined || column === "cost" || (!descending && column !== "duration")) return everywhere
  const places = await greatest(query, asked, column, descending, skip + limit)
  return places === undefined ? everywhere : { places, skip }
}
