/**
 * How many entries match, and the ranges of their values: from the hourly rows if the query uses rollup dimensions
 * alone, otherwise from the entries.
 *
 * @module
 */
import type { Conditions } from "../conditions.ts"
import { addTally, noTally, rangeNames, type Tally } from "../aggregates.ts"
import type { Database, Row } from "../../sqlite/database.ts"
import type { Fragment } from "./fragment.ts"
import { hourLength, rangesOf, rangesText, readHourlyRows, wholeHours } from "./hourly.ts"
import { byKind, kindFilter, kindText } from "./rollup-dimensions.ts"
import { type Resumable, slicesOf } from "./resumable.ts"
import type { TimeSlice } from "../time-slice.ts"

/** A compiled query of one gateway's log. */
export interface TotalsQuery {
  readonly scope: number
  readonly slice: TimeSlice
  readonly conditions: Conditions
  readonly where: Fragment
  /** Whether the query uses rollup dimensions alone. */
  readonly byKind: boolean
}

/** A part of the queried time and its tally. */
export interface TalliedSlice extends TimeSlice {
  readonly tally: Tally
}

const columns = rangeNames.map((name) => name === "total_tokens" ? "tokens" : name)
const tallied = [
  "count(*) AS total",
  ...columns.map((name) => `min(${name}) AS min_${name}, max(${name}) AS max_${name}`),
].join(", ")

const tallyIn = (row: Row): Tally => {
  const tally = noTally()
  tally.total = Number(row["total"])
  for (const [index, name] of rangeNames.entries()) {
    const [min, max] = [row[`min_${columns[index]}`] ?? null, row[`max_${columns[index]}`] ?? null]
    if (min !== null && max !== null) tally.ranges[name] = { min: Number(min), max: Number(max) }
  }
  return tally
}

/** Prepares to tally. */
export const tallies = (
  database: Database,
): (asked: TotalsQuery) => Resumable<ReadonlyArray<TalliedSlice>> => {
  const slices = slicesOf(database)
  const rowsOf = readHourlyRows(database, "ranges")
  const stale = database.prepare(
    "SELECT kind, figures FROM hourly WHERE scope = ? AND hour = ? AND ranges IS NULL",
  )
  const kindColumns = byKind.fields.join(", ")
  const ofKinds = database.prepare(
    `SELECT ${kindColumns}, ${tallied} FROM entry ` +
      `WHERE scope = ? AND created >= ? AND created < ? GROUP BY ${kindColumns}`,
  )
  const keep = database.prepare(
    "UPDATE hourly SET ranges = ? WHERE scope = ? AND hour = ? AND kind = ? AND figures = ? AND ranges IS NULL",
  )

  function* fromEntries({ scope, where }: TotalsQuery, whole: TimeSlice): Resumable<Array<TalliedSlice>> {
    const parts: Array<TalliedSlice> = []
    const count = database.prepare(
      `SELECT ${tallied} FROM entry WHERE scope = ? AND created >= ? AND created < ? AND ${where.sql}`,
    )
    for (const { since, until } of slices(scope, whole)) {
      const row = count.get(scope, since, until, ...where.values)
      parts.push({ since, until, tally: tallyIn(row ?? {}) })
      yield
    }
    return parts
  }

  /** Recomputes the tallies of an hour's kinds that lost an entry at an end of their ranges. */
  function* renewed(scope: number, hour: number): Resumable<ReadonlyMap<string, Tally>> {
    const before = stale.all(scope, hour)
    const found = new Map<string, Tally>()
    for (const { since, until } of slices(scope, { since: hour, until: hour + hourLength })) {
      for (const row of ofKinds.all(scope, since, until)) {
        const kind = kindText(byKind, row)
        const tally = found.get(kind) ?? noTally()
        addTally(tally, tallyIn(row))
        found.set(kind, tally)
      }
      yield
    }
    for (const { kind, figures } of before) {
      const ranges = found.get(String(kind))?.ranges
      try {
        // If the figures differ, entries have been added or removed in the meantime.
        if (ranges !== undefined) keep.run(rangesText(ranges), scope, hour, kind ?? null, figures ?? null)
      } catch { /* a file that cannot be written now can still be read */ }
    }
    return found
  }

  function* fromHours({ scope, conditions }: TotalsQuery, whole: TimeSlice): Resumable<Array<TalliedSlice>> {
    const passes = kindFilter(byKind, conditions)
    const parts = new Map<number, TalliedSlice>()
    const unknown = new Map<number, Array<string>>()
    for (const rows of rowsOf(scope, whole)) {
      for (const row of rows) {
        const [hour, kind, ranges] = [Number(row["hour"]), String(row["kind"]), row["ranges"]]
        if (passes(kind) === undefined) continue
        const part = parts.get(hour) ?? { since: hour, until: hour + hourLength, tally: noTally() }
        parts.set(hour, part)
        addTally(part.tally, {
          total: Number(row["requests"]),
          ranges: typeof ranges === "string" ? rangesOf(ranges) : noTally().ranges,
        })
        if (typeof ranges !== "string") unknown.set(hour, [...(unknown.get(hour) ?? []), kind])
      }
      yield
    }
    for (const [hour, kinds] of unknown) {
      const found = yield* renewed(scope, hour)
      for (const kind of kinds) {
        const { ranges } = found.get(kind) ?? noTally()
        addTally(parts.get(hour)?.tally ?? noTally(), { total: 0, ranges })
      }
    }
    return [...parts.values()]
  }

  return function* (asked) {
    if (!asked.byKind) return yield* fromEntries(asked, asked.slice)
    const { hours, rest } = wholeHours(asked.slice)
    const parts = yield* fromHours(asked, hours)
    for (const slice of rest) parts.push(...yield* fromEntries(asked, slice))
    return parts.sort((one, other) => one.since - other.since)
  }
}
