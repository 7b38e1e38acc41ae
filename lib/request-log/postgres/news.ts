/**
 * Reads the entries that were written after others, by the transactions that wrote them.
 *
 * @module
 */
import type { PostgresDatabase, Row } from "../../postgres/database.ts"
import { parameters } from "../../postgres/statement-values.ts"
import type { LogEntry } from "../entry.ts"
import { sliceOf, type TimeSlice } from "../time-slice.ts"
import { portionsOf } from "./day-slices.ts"
import { entryIn } from "./entry-rows.ts"
import { foundColumns, withRecords } from "./page-rows.ts"

/** The newest of the entries that were written after a batch. */
export interface WrittenEntries {
  /** In the order in which they were written. */
  readonly entries: ReadonlyArray<LogEntry>
  /** The batch to ask from the next time. */
  readonly end: number
  /** How many were written beside them. */
  readonly skipped: number
}

const readPortion = (
  database: PostgresDatabase,
  { since, until }: TimeSlice,
  [batch, end]: readonly [number, number],
  most: number,
): Promise<{ readonly rows: ReadonlyArray<Row>; readonly total: number }> =>
  database.snapshot(async (query) => {
    const add = parameters()
    const from = `FROM basegate.entry WHERE created >= ${add.one("int8", since)}
      AND created < ${add.one("int8", until)} AND batch >= ${batch} AND batch < ${end}`
    const rows = await query(
      `SELECT ${foundColumns}, batch::float8 AS batch, place ${from} ORDER BY entry.batch DESC, place DESC LIMIT ${most}`,
      add.values,
    )
    if (rows.length < most) return { rows, total: rows.length }
    const [counted] = await query(`SELECT count(*)::float8 AS total ${from}`, add.values)
    return { rows, total: Number(counted?.["total"]) }
  })

const later = (one: Row, other: Row): number =>
  Number(other["batch"]) - Number(one["batch"]) || Number(other["place"]) - Number(one["place"])

/** Reads the newest `most` entries that were written after a batch; none if there is no batch yet. */
export const readWritten = async (
  database: PostgresDatabase,
  batch: number | undefined,
  most: number,
): Promise<WrittenEntries> => {
  // Transactions that are still running may have lower numbers than some that have ended. What they write is
  // reported later.
  const [row] = await database.query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS upto")
  const end = Number(row?.["upto"])
  if (batch === undefined || batch >= end) return { entries: [], end: Math.max(batch ?? 0, end), skipped: 0 }
  const found: Array<Row> = []
  let total = 0
  // Entries may come long after their time: every day can have some of them.
  for (const portion of await portionsOf(database.query, sliceOf(-Infinity, Infinity))) {
    const some = await readPortion(database, portion, [batch, end], most)
    found.push(...some.rows)
    total += some.total
  }
  const rows = await withRecords(database.query, found.sort(later).slice(0, most))
  return { entries: rows.map(entryIn).reverse(), end, skipped: total - rows.length }
}
