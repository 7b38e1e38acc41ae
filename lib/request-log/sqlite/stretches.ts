/**
 * Entries that follow a place in the order of time, with their records.
 *
 * @module
 */
import type { LogCursor } from "../query.ts"
import type { TimeSlice } from "../time-slice.ts"
import type { Database, Row } from "../../sqlite/database.ts"
import type { TotalsQuery } from "./list-totals.ts"
import { type Resumable, slicesOf } from "./resumable.ts"

/** The number of records that are read and decoded in one step of some milliseconds. */
const rowsAtOnce = 128

/** The entries of a stretch, and the place of the last one, if more may follow. */
export interface StretchRows<Entry> {
  readonly entries: ReadonlyArray<Entry>
  readonly next: LogCursor | undefined
}

const placeOf = (row: Row): LogCursor => ({ created: Number(row["created"]), id: String(row["id"]) })

/** Prepares to read stretches. */
export const stretches = <Entry>(
  database: Database,
  entryOf: (row: Row) => Entry,
): (
  asked: TotalsQuery,
  descending: boolean,
  after: LogCursor | undefined,
  limit: number,
) => Resumable<StretchRows<Entry>> => {
  const slices = slicesOf(database)

  return function* ({ scope, slice, where }, descending, after, limit) {
    const [sign, direction] = descending ? ["<", "DESC"] : [">", "ASC"]
    const read = database.prepare(
      `SELECT created, found.id AS id, record, feedback, score FROM (
         SELECT created, id, feedback, score, detail FROM entry
         WHERE scope = ? AND (created, id) ${sign} (?, ?) AND created >= ? AND created < ? AND ${where.sql}
         ORDER BY created ${direction}, id ${direction} LIMIT ?
       ) AS found JOIN detail ON detail.id = found.detail ORDER BY created ${direction}, found.id ${direction}`,
    )
    // The millisecond of the place itself is included: other entries of it may follow.
    const rest: TimeSlice = after === undefined
      ? slice
      : descending
      ? { since: slice.since, until: Math.min(slice.until, after.created + 1) }
      : { since: Math.max(slice.since, after.created), until: slice.until }
    // Without a filter the limit bounds the work; a filter may pass over a million entries before it finds one.
    const parts = where.values.length === 0 && where.sql === "1" ? [rest] : slices(scope, rest)
    const entries: Array<Entry> = []
    for (const { since, until } of descending ? parts.toReversed() : parts) {
      // No id is empty, so these places lie before all entries of the part.
      let place = after ?? { created: descending ? until : since, id: "" }
      for (;;) {
        const wanted = Math.min(rowsAtOnce, limit - entries.length)
        const some = read.all(scope, place.created, place.id, since, until, ...where.values, wanted)
        entries.push(...some.map(entryOf))
        yield
        const last = some.at(-1)
        if (last === undefined || some.length < wanted) break
        place = placeOf(last)
        if (entries.length >= limit) return { entries, next: place }
      }
    }
    return { entries, next: undefined }
  }
}
