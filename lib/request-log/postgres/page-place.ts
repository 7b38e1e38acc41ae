/**
 * Finds the days in which a page of a list in the order of time lies, by how many entries each day has, and the hour in which one
 * far down begins, by the hourly rows: skipping half a million entries one by one takes as long as reading them.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import { parameters } from "../../postgres/statement-values.ts"
import { hourLength, wholeHours } from "../sqlite/hourly.ts"
import { asksOf, byKind } from "../sqlite/rollup-dimensions.ts"
import type { TimeSlice } from "../time-slice.ts"
import { whereOf } from "./fragment.ts"
import { type CountedSlice, hourFilter } from "./list-totals.ts"
import type { ScopeSelection } from "./reader.ts"

/** The time that is left to read, and how many of its entries are still to be skipped. */
export interface PagePlace {
  readonly slice: TimeSlice
  readonly skip: number
}

/** The least number of entries for which the hourly rows are used. */
const many = 2000

const countEntries = async (
  query: Query,
  { scope, conditions }: ScopeSelection,
  { since, until }: TimeSlice,
): Promise<CountedSlice> => {
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
  asked: ScopeSelection,
  hours: TimeSlice,
): Promise<ReadonlyArray<CountedSlice>> => {
  if (hours.since >= hours.until) return []
  const add = parameters()
  const rows = await query(
    `SELECT hour::float8 AS hour, sum(requests)::float8 AS entries FROM basegate.hourly
     WHERE ${await hourFilter(query, asked, hours, add)} GROUP BY hour ORDER BY hour`,
    add.values,
  )
  return rows.map(({ hour, entries }) => ({
    since: Number(hour),
    until: Number(hour) + hourLength,
    entries: Number(entries),
  }))
}

/** Slices that overlap become one: which of their entries come first is not known. */
const apart = (counted: ReadonlyArray<CountedSlice>): ReadonlyArray<CountedSlice> => {
  const slices: Array<{ since: number; until: number; entries: number }> = []
  for (const slice of counted.toSorted((one, other) => one.since - other.since)) {
    const last = slices.at(-1)
    if (last === undefined || slice.since >= last.until) slices.push({ ...slice })
    else {
      last.until = Math.max(last.until, slice.until)
      last.entries += slice.entries
    }
  }
  return slices
}

/** The days of a page, of those that were counted. */
export const daysOfPage = (
  counted: ReadonlyArray<CountedSlice>,
  descending: boolean,
  skip: number,
  limit: number,
): PagePlace => {
  const slices = apart(counted)
  let [before, wanted] = [skip, limit]
  let [since, until] = [Infinity, -Infinity]
  for (const slice of descending ? slices.toReversed() : slices) {
    if (since === Infinity && before >= slice.entries) before -= slice.entries
    else {
      wanted -= slice.entries - (since === Infinity ? before : 0)
      since = Math.min(since, slice.since)
      until = Math.max(until, slice.until)
      if (wanted <= 0) break
    }
  }
  return { slice: since === Infinity ? { since: 0, until: 0 } : { since, until }, skip: before }
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
  const stretches: Array<CountedSlice> = [...await countHours(query, asked, hours)]
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
