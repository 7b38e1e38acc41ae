/**
 * Hours in divisions of which there are no hourly rows: those of a key of the metadata, say. What an hour that is over came
 * to is kept when it was first asked for; until then, and where it is divided too finely to be kept, it is read from its
 * entries.
 *
 * @module
 */
import type { Group } from "../analytics.ts"
import { addAggregates, type Aggregates, emptyAggregates } from "../aggregates.ts"
import type { Dimension } from "../analytics-query.ts"
import { type Database, inTransaction } from "../../sqlite/database.ts"
import type { TimeSlice } from "../time-slice.ts"
import { cellsReader, type Shown } from "./entry-cells.ts"
import { type HeldFigures, heldFigures, hourLength } from "./hourly.ts"
import type { Resumable } from "./resumable.ts"

/** The most text that one hour of one division may be kept as: some hundred groups. */
const mostText = 65_536

/** What the entries of an hour that share a group came to. */
type HourCell = readonly [group: Group, figures: HeldFigures]

/**
 * Prepares to read hours. `now` is in milliseconds since 1970: hours that are not over by then are not kept. What is given
 * back is what is left of the hours if one of them is divided too finely to be kept: the others would cost more by the hour
 * than all at once.
 */
export const keptDivisions = (
  database: Database,
): (
  names: ReadonlyArray<Dimension>,
  shown: Shown,
  hours: TimeSlice,
  now: number,
  take: (hour: number, cells: ReadonlyArray<HourCell>) => void,
) => Resumable<TimeSlice | undefined> => {
  const readCells = cellsReader(database)
  const found = database.prepare(
    `SELECT hourly.hour AS hour, cells FROM (
       SELECT DISTINCT hour FROM hourly WHERE scope = ?1 AND hour >= ?2 AND hour < ?3
     ) AS hourly LEFT JOIN hourly_division
       ON hourly_division.scope = ?1 AND hourly_division.hour = hourly.hour AND division = ?4 ORDER BY 1`,
  )
  const keep = database.prepare("INSERT OR REPLACE INTO hourly_division VALUES (?, ?, ?, ?)")
  const version = database.prepare("PRAGMA data_version")
  const changes = database.prepare("SELECT total_changes() AS changes")
  /** Differs when anything was written, by another connection or by this one. */
  const stamp = (): string => `${version.get()?.["data_version"]} ${changes.get()?.["changes"]}`

  function* read(names: ReadonlyArray<Dimension>, shown: Shown, hour: number): Resumable<Array<HourCell>> {
    const groups = new Map<string, { group: Group; figures: Aggregates }>()
    const distinction = { widths: [], names, where: { sql: "1", values: [] } }
    const whole = { since: hour, until: hour + hourLength }
    yield* readCells(distinction, shown, whole, ({ group, figures }) => {
      const key = JSON.stringify(group)
      const known = groups.get(key) ?? { group, figures: emptyAggregates() }
      addAggregates(known.figures, figures)
      groups.set(key, known)
    })
    return [...groups.values()].map(({ group, figures }) => [group, heldFigures(figures)] as const)
  }

  return function* (names, shown, hours, now, take) {
    const division = JSON.stringify(names)
    let counted = 0
    for (const row of found.all(shown.scope, hours.since, hours.until, division)) {
      const [hour, cells] = [Number(row["hour"]), row["cells"]]
      if (typeof cells === "string") {
        take(hour, JSON.parse(cells) as ReadonlyArray<HourCell>)
        if (++counted % 200 === 0) yield
        continue
      }
      const before = stamp()
      const fresh = yield* read(names, shown, hour)
      take(hour, fresh)
      const text = JSON.stringify(fresh)
      if (text.length > mostText) return { since: hour + hourLength, until: hours.until }
      if (hour + hourLength > now) continue
      try {
        // What was written meanwhile may be of this hour: another question will keep it.
        inTransaction(database, () => before === stamp() && keep.run(shown.scope, hour, division, text))
      } catch { /* a file that cannot be written now can still be read */ }
    }
    return undefined
  }
}
