/**
 * Tells Postgres what a day's table is like while it fills. Until then the server takes an index by time for the quickest way to
 * a few entries, and looks at all of the day's; its own `ANALYZE` comes up to a minute later.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import { dayOf, partName } from "./schema.ts"

/** How many entries a process has written to a day when the server is told first; after that, whenever there are four times as many. */
const first = 1000
const growth = 4

/** More days than these are forgotten: they are those of old entries that came late. */
const mostDays = 100

/** Notes entries that were written; does not reject. */
export type NoteWritten = (entries: ReadonlyArray<{ readonly created: number }>) => Promise<void>

/** Begins to count. */
export const makeDayStatistics = (query: Query): NoteWritten => {
  const days = new Map<number, { written: number; next: number }>()
  return async (entries) => {
    if (days.size > mostDays) days.clear()
    const grown = new Set<number>()
    for (const { created } of entries) {
      const day = dayOf(created)
      const known = days.get(day) ?? { written: 0, next: first }
      days.set(day, known)
      known.written++
      if (known.written < known.next) continue
      known.next *= growth
      grown.add(day)
    }
    for (const day of grown) {
      // Of two columns it takes some milliseconds, and leaves the others to the server's own turn.
      await query(`ANALYZE (SKIP_LOCKED) basegate."${partName("entry", day)}" (scope, created)`).catch(
        () => {},
      )
    }
  }
}
