/**
 * Finds the hour in which a page far down a list begins, by the hourly rows: skipping half a million entries one by
 * one takes as long as reading them.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import { parameters } from "../../postgres/statement-values.ts"
import { hourLength, wholeHours } from "../sqlite/hourly.ts"
import { asksOf, byKind, kindFilter } from "../sqlite/rollup-dimensions.ts"
import type { TimeSlice } from "../time-slice.ts"
import { whereOf } from "./fragment.ts"
import type { ScopeSelection } from "./reader.ts"

/** The time that is left to read, and how many of its entries are still to be skipped. */
export interface PagePlace {
  readonly slice: TimeSlice
  readonly skip: number
}

/** The least number of entries for which the hourly rows are used. */
const many = 2000

interface Stretch extends TimeSlice {
  readonly entries: number
}

const countEntries = async (
  query: Query,
  { scope, conditions }: ScopeSelection,
  { since, until }: TimeSlice,
): Promise<Stretch> => {
  const add = parameters()
  const [row] = await query(
    `SELECT count(*)::float8 AS entries FROM basegate.entry WHERE scope = ${add.one("int4", scope)}
     AND created >= ${add.one("int8", since)} AND created < ${add.one("int8", until)}
     AND ${whereOf(conditions, undefined, add)}`,
    add.values,
  )
  return { since, until, entries: Number(row?.["entries"]) }
}

const countHours = async (
  query: Query,
  { scope, conditions }: ScopeSelection,
  { since, until }: TimeSlice,
): Promise<ReadonlyArray<Stretch>> => {
  if (since >= until) return []
  const asked = [String(scope), String(since), String(until)]
  const where = "scope = $1::text::int4 AND hour >= $2::text::int8 AND hour < $3::text::int8"
  const passes = kindFilter(byKind, conditions)
  const kinds = (await query(`SELECT DISTINCT kind FROM basegate.hourly WHERE ${where}`, asked))
    .map(({ kind }) => String(kind)).filter((kind) => passes(kind) !== undefined)
  const rows = await query(
    `SELECT hour::float8 AS hour, sum(requests)::float8 AS entries FROM basegate.hourly
     WHERE ${where} AND kind = ANY($4::text[]) GROUP BY hour ORDER BY hour`,
    [...asked, kinds],
  )
  return rows.map(({ hour, entries }) => ({
    since: Number(hour),
    until: Number(hour) + hourLength,
    entries: Number(entries),
  }))
}

/**
 * Finds the place for a selection in the order of time. Must run in the snapshot in which the page is read.
 *
 * @param skip the number of entries before the page
 */
export const placeOfPage = async (
  query: Query,
  asked: ScopeSelection,
  descending: boolean,
  skip: number,
): Promise<PagePlace> => {
  const { slice, conditions, search } = asked
  if (skip < many || !asksOf(byKind, conditions, search)) return { slice, skip }
  const { hours, rest } = wholeHours(slice)
  const stretches: Array<Stretch> = [...await countHours(query, asked, hours)]
  for (const edge of rest) stretches.push(await countEntries(query, asked, edge))
  stretches.sort((one, other) => descending ? other.since - one.since : one.since - other.since)
  let left = skip
  for (const { since, until, entries } of stretches) {
    if (left < entries) {
      return { slice: descending ? { ...slice, until } : { ...slice, since }, skip: left }
    }
    left -= entries
  }
  return { slice: { since: slice.since, until: slice.since }, skip: 0 }
}
