/**
 * Aggregates of whole hours, grouped by dimensions for which there are no hourly rows, such as a metadata key. Once
 * an hour is over, its aggregates are kept when they are first computed. Before that, and if there are too many
 * groups to keep, they are computed from the entries.
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

/** The longest text that is kept for one hour of one division: a few hundred groups. */
const mostText = 65_536

/** The aggregates of one group within an hour. */
type HourCell = readonly [group: Group, figures: HeldFigures]

/**
 * Prepares to read hours. `now` is in milliseconds since 1970; hours that are not over by then are not kept. If an
 * hour has too many groups to keep, the rest of the hours is returned unread: reading them one by one would cost more
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
  /** Changes whenever anything is written, by any connection. */
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
        // Something was written meanwhile, perhaps to this hour: a later query will keep it.
        inTransaction(database, () => before === stamp() && keep.run(shown.scope, hour, division, text))
      } catch { /* a file that cannot be written now can still be read */ }
    }
    return undefined
  }
}
