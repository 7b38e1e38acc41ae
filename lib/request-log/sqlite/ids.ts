/**
 * Finds the ids of the first entries of a selection, in the requested order.
 *
 * @module
 */
import { compareOperands, compareText } from "../filter.ts"
import type { LogSelection } from "../query.ts"
import type { Database, Row } from "../../sqlite/database.ts"
import { columnOf } from "./fragment.ts"
import { type Resumable, slicesOf } from "./resumable.ts"
import type { TimeSlice } from "../time-slice.ts"
import type { TalliedSlice, TotalsQuery } from "./list-totals.ts"

/** Ids, some at a time. */
export type Ids = Generator<ReadonlyArray<string>, void, void>

/** Finds ids. */
export interface FindIds {
  /**
   * In the order of time, within parts in the same order. A part that lies wholly before `skip` is passed over if its
   * tally is known.
   */
  readonly byTime: (
    asked: TotalsQuery,
    selection: LogSelection,
    parts: ReadonlyArray<TimeSlice | TalliedSlice>,
    skip: number,
    limit: number,
  ) => Ids
  /** In any order. */
  readonly byOrder: (asked: TotalsQuery, selection: LogSelection, skip: number, limit: number) => Resumable<
    ReadonlyArray<string>
  >
}

/** A limit in SQLite's form. */
const limited = (limit: number): number => limit === Infinity ? -1 : limit

const idOf = (row: Row): string => String(row["id"])

/** Prepares to find ids. */
export const findIds = (database: Database): FindIds => {
  const slices = slicesOf(database)
  const bounds = "FROM entry WHERE scope = ? AND created >= ? AND created < ? AND"
  const ordered = <T>(parts: ReadonlyArray<T>, { descending = true }: LogSelection): ReadonlyArray<T> =>
    descending ? parts.toReversed() : parts

  return {
    byTime: function* ({ scope, where }, selection, parts, skip, limit) {
      const direction = selection.descending ?? true ? "DESC" : "ASC"
      const count = database.prepare(`SELECT count(*) AS found ${bounds} ${where.sql}`)
      const read = database.prepare(
        `SELECT id ${bounds} ${where.sql} ORDER BY created ${direction}, id ${direction} LIMIT ? OFFSET ?`,
      )
      let left = limit
      for (const part of ordered(parts, selection)) {
        if ("tally" in part && part.tally.total <= skip) {
          skip -= part.tally.total
          continue
        }
        for (const { since, until } of ordered(slices(scope, part), selection)) {
          const values = [scope, since, until, ...where.values]
          const found = skip > 0 ? Number(count.get(...values)?.["found"]) : Infinity
          if (found <= skip) {
            skip -= found
            continue
          }
          const rows = read.all(...values, limited(left), skip)
          skip = 0
          left -= rows.length
          yield rows.map(idOf)
          if (left <= 0) return
        }
      }
    },
    // The overall first entries are among the first of each slice.
    byOrder: function* ({ scope, slice, where }, { orderBy = "created_at", descending = true }, skip, limit) {
      const direction = descending ? "DESC" : "ASC"
      const read = database.prepare(
        `SELECT ${columnOf(orderBy)} AS key, id ${bounds} ${where.sql} ` +
          `ORDER BY 1 ${direction}, 2 ${direction} LIMIT ?`,
      )
      const order = (one: Row, other: Row): number =>
        (descending ? -1 : 1) *
        (compareOperands(one["key"] ?? null, other["key"] ?? null) || compareText(idOf(one), idOf(other)))
      let first: ReadonlyArray<Row> = []
      for (const { since, until } of slices(scope, slice)) {
        const rows = read.all(scope, since, until, ...where.values, limited(skip + limit))
        first = [...first, ...rows].sort(order).slice(0, skip + limit)
        yield
      }
      return first.slice(skip).map(idOf)
    },
  }
}
