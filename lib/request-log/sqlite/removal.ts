/**
 * Removes entries from the file, with everything that belongs to them.
 *
 * @module
 */
import type { FilterableFields } from "../filterable-fields.ts"
import type { Database, Row } from "../../sqlite/database.ts"
import type { Changes } from "./hourly-changes.ts"

/** Removes entries; must be called within a transaction. Each method returns how many there were. */
export interface Removal {
  readonly byIds: (ids: ReadonlyArray<string>, changes: Changes) => number
  /** Removes the oldest entries of a gateway, of those made before a time. */
  readonly oldest: (scope: number, before: number, limit: number, changes: Changes) => number
}

/** Prepares the statements of removal. */
export const makeRemoval = (database: Database): Removal => {
  const rowsOf = database.prepare(
    "SELECT entry.* FROM json_each(?) AS ids JOIN entry ON entry.id = ids.value",
  )
  const oldest = database.prepare(
    "SELECT * FROM entry WHERE scope = ? AND created < ? ORDER BY created, id LIMIT ?",
  )
  const among = "IN (SELECT value FROM json_each(?))"
  const entries = database.prepare(`DELETE FROM entry WHERE id ${among}`)
  const details = database.prepare(`DELETE FROM detail WHERE id ${among}`)
  const payloads = database.prepare(`DELETE FROM payload WHERE detail ${among}`)
  const count = database.prepare("UPDATE scope SET entries = entries - ? WHERE id = ?")

  const remove = (rows: ReadonlyArray<Row>, changes: Changes): number => {
    if (rows.length === 0) return 0
    const removed = new Map<number, number>()
    for (const row of rows) {
      const scope = Number(row["scope"])
      changes.note(scope, row as unknown as FilterableFields, -1)
      removed.set(scope, (removed.get(scope) ?? 0) + 1)
    }
    entries.run(JSON.stringify(rows.map((row) => row["id"])))
    const numbers = JSON.stringify(rows.map((row) => row["detail"]))
    details.run(numbers)
    payloads.run(numbers)
    for (const [scope, gone] of removed) count.run(gone, scope)
    return rows.length
  }
  return {
    byIds: (ids, changes) => remove(rowsOf.all(JSON.stringify(ids)), changes),
    oldest: (scope, before, limit, changes) => remove(oldest.all(scope, before, limit), changes),
  }
}
