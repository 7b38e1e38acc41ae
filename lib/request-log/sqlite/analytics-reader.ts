/**
 * Aggregates from the file: from the hourly rows if the query uses rollup dimensions alone; from kept divisions
 * (`kept-divisions.ts`) if it groups by others and has no filters; otherwise from the entries.
 *
 * @module
 */
import { groupOf } from "../analytics.ts"
import { conditionsOf } from "../conditions.ts"
import type { AnalyticsDivision, AnalyticsRow, AnalyticsSelection } from "../analytics-query.ts"
import type { Database } from "../../sqlite/database.ts"
import { sliceOf, type TimeSlice } from "../time-slice.ts"
import { distinct, divisionParts, type Part, stageOf, stretchesOf } from "./divisions.ts"
import { cellsReader, type Shown } from "./entry-cells.ts"
import { type Fragment, whereOf } from "./fragment.ts"
import { type HeldFigures, hourLength, readHourlyRows, wholeHours } from "./hourly.ts"
import { keptDivisions } from "./kept-divisions.ts"
import type { Resumable } from "./resumable.ts"
import { asksOf, byKind, byToken, dividesBy, kindFilter } from "./rollup-dimensions.ts"

/** Returns the rows of each division for some gateways. `now` is in milliseconds since 1970. */
export type ReadAnalytics = (
  selection: AnalyticsSelection,
  divisions: ReadonlyArray<AnalyticsDivision>,
  gateways: ReadonlyArray<Shown>,
  now: number,
) => Resumable<ReadonlyArray<ReadonlyArray<AnalyticsRow>>>

/** Prepares the statements of analytics. */
export const analyticsReader = (database: Database): ReadAnalytics => {
  const readCells = cellsReader(database)
  const readKept = keptDivisions(database)
  const rollups = [byKind, byToken].map((rollup) => ({
    rollup,
    rowsOf: readHourlyRows(database, "figures", rollup.table),
  }))

  const fromEntries = (
    parts: ReadonlyArray<Part>,
    shown: Shown,
    stretch: TimeSlice,
    where: Fragment,
  ): Resumable<void> => {
    const names = distinct(parts.flatMap(({ by }) => by))
    const widths = distinct(parts.flatMap(({ buckets: { width } }) => width ?? []))
    const places = parts.map(({ by, buckets: { width }, into }) => ({
      into,
      time: width === undefined ? undefined : widths.indexOf(width),
      group: by.map((name) => names.indexOf(name)),
    }))
    return readCells({ widths, names, where }, shown, stretch, ({ times, group, figures }, { since }) => {
      for (const { into, time, group: places_ } of places) {
        into.merge(
          time === undefined ? since : times[time] ?? since,
          places_.map((place) => group[place] ?? null),
          figures,
        )
      }
    })
  }

  /** Reads whole hours from kept divisions, for parts with the same dimensions. */
  function* fromKept(
    parts: ReadonlyArray<Part>,
    shown: Shown,
    hours: TimeSlice,
    now: number,
  ): Resumable<void> {
    const names = (parts[0]?.by ?? []).filter((name) => name !== "gateway").toSorted()
    const stage = stageOf<ReadonlyArray<string | null>>(
      parts,
      (by, group) =>
        by.map((name) => name === "gateway" ? shown.gateway : group[names.indexOf(name)] ?? null),
    )
    const rest = yield* readKept(names, shown, hours, now, (hour, cells) => {
      for (const [group, figures] of cells) stage.add(hour, JSON.stringify(group), group, figures)
    })
    stage.merge()
    if (rest !== undefined) yield* fromEntries(parts, shown, rest, { sql: "1", values: [] })
  }

  return function* (selection, divisions, gateways, now) {
    const conditions = conditionsOf(selection.filters)
    const where = whereOf(conditions, undefined)
    const isFiltered = conditions.fields.length + conditions.pairs.length > 0
    const parts = divisionParts(selection, divisions)
    const rollupOf = ({ by }: Part) =>
      rollups.find(({ rollup }) => asksOf(rollup, conditions) && dividesBy(rollup, by))
    const isOfHours = (part: Part): boolean =>
      (part.buckets.width ?? hourLength) % hourLength === 0 && (!isFiltered || rollupOf(part) !== undefined)
    const [ofHours, others] = [parts.filter(isOfHours), parts.filter((part) => !isOfHours(part))]

    function* fromHours(
      { rollup, rowsOf }: typeof rollups[number],
      some: ReadonlyArray<Part>,
      shown: Shown,
      hours: TimeSlice,
    ): Resumable<void> {
      const passes = kindFilter(rollup, conditions)
      const stage = stageOf<object>(some, (by, kind) => groupOf(by, shown.gateway, kind))
      for (const rows of rowsOf(shown.scope, hours)) {
        for (const row of rows) {
          const text = String(row["kind"])
          const kind = passes(text)
          if (kind === undefined) continue
          stage.add(Number(row["hour"]), text, kind, JSON.parse(String(row["figures"])) as HeldFigures)
        }
        yield
      }
      stage.merge()
    }
    for (const shown of gateways) {
      const slice = sliceOf(
        Math.max(selection.since, conditions.since, shown.since),
        Math.min(selection.until, conditions.until),
      )
      for (const stretch of stretchesOf(slice, others)) yield* fromEntries(others, shown, stretch, where)
      for (const stretch of stretchesOf(slice, ofHours)) {
        const { hours, rest } = wholeHours(stretch)
        for (const [rollup, some] of Map.groupBy(ofHours, rollupOf)) {
          if (rollup !== undefined) yield* fromHours(rollup, some, shown, hours)
          else {
            const alike = Map.groupBy(
              some,
              ({ by }) => by.filter((name) => name !== "gateway").toSorted().join(),
            )
            for (const same of alike.values()) yield* fromKept(same, shown, hours, now)
          }
        }
        for (const edge of rest) yield* fromEntries(ofHours, shown, edge, where)
      }
    }
    return parts.map(({ into }) => into.rows())
  }
}
