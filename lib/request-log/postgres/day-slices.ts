/**
 * Divides queries by day. Each day is a table of its own, and several are read at once.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import type { TimeSlice } from "../time-slice.ts"
import { dayLength, dayOf, dayOfPart } from "./schema.ts"

/** How many parts of a query run at once: one connection is left for writing. */
const atOnce = 3

/** The days that have tables, in order. */
export const knownDays = async (query: Query): Promise<ReadonlyArray<number>> => {
  const rows = await query(
    `SELECT child.relname AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = 'basegate.entry'::regclass`,
  )
  return rows.map(({ name }) => dayOfPart(String(name))).filter((day) => !Number.isNaN(day))
    .sort((one, other) => one - other)
}

/**
 * The most days that one statement reads. It locks their tables and all of their indexes, seven for each day, until its transaction
 * ends; a server has 6,400 locks for all of its connections together, unless it is given more (`max_locks_per_transaction`).
 */
const daysAtOnce = 60

/** Divides a slice for statements that read all of its days, in the order of time. */
export const portionsOf = async (query: Query, slice: TimeSlice): Promise<ReadonlyArray<TimeSlice>> => {
  const { since, until } = slice
  if (until - since <= daysAtOnce * dayLength) return [slice]
  const days = (await knownDays(query)).filter((day) => day + dayLength > since && day < until)
  const portions: Array<TimeSlice> = []
  for (let index = 0; index < days.length; index += daysAtOnce) {
    const [first = 0, last = first] = [days[index], days[Math.min(index + daysAtOnce, days.length) - 1]]
    portions.push({ since: Math.max(since, first), until: Math.min(until, last + dayLength) })
  }
  return portions
}

/** A slice of more days than this is divided by days that have tables: most of the others have none. */
const mostDays = 400

/** Divides a slice into days, the newest first; into portions if there would be too many. */
export const inDays = async (query: Query, slice: TimeSlice): Promise<ReadonlyArray<TimeSlice>> => {
  const { since, until } = slice
  if (until - since > mostDays * dayLength) return await portionsOf(query, slice)
  const days: Array<TimeSlice> = []
  for (let from = since; from < until;) {
    const end = Math.min(until, dayOf(from) + dayLength)
    days.push({ since: from, until: end })
    from = end
  }
  return days.reverse()
}

/** Runs something for each item, for a few at a time. */
export const forSomeAtOnce = async <A>(
  items: ReadonlyArray<A>,
  run: (item: A) => Promise<void>,
): Promise<void> => {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < items.length) await run(items[next++] as A)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
}
