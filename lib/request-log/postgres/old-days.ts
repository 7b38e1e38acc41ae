/**
 * Brings the days of the version before up to date, one after the other, while they are read and written.
 *
 * @module
 */
import { type PostgresDatabase, PostgresProblem, type Query } from "../../postgres/database.ts"
import { indexName, indexStatement } from "./pair-index.ts"
import { dayOfPart } from "./schema.ts"

/** The tables of days that have no such index, the newest first. */
const without = async (query: Query): Promise<ReadonlyArray<string>> => {
  const rows = await query(
    `SELECT part.relname AS name FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid
     WHERE inhparent = 'basegate.entry'::regclass AND NOT EXISTS (
       SELECT 1 FROM pg_index JOIN pg_class AS made ON made.oid = indexrelid
       WHERE indrelid = part.oid AND made.relname LIKE 'entry\\_pairs\\_%' AND indisvalid
     )`,
  )
  return rows.map(({ name }) => String(name)).sort((one, other) => dayOfPart(other) - dayOfPart(one))
}

/** Gives the days that have none their index. Nobody who reads or writes waits for it; another gateway may be at it. */
export const indexOldDays = async ({ query, patiently }: PostgresDatabase): Promise<void> => {
  for (const part of await without(query)) {
    const [made] = await query("SELECT 1 AS made FROM pg_stat_progress_create_index LIMIT 1")
    if (made !== undefined) return
    try {
      // One that could not be finished is of no use.
      await patiently(`DROP INDEX CONCURRENTLY IF EXISTS basegate."${indexName(part)}"`)
      await patiently(indexStatement(part, "CONCURRENTLY"))
    } catch (cause) {
      // Somebody else was quicker, or the day has left.
      if (!(cause instanceof PostgresProblem) || !cause.isRefusal) throw cause
    }
  }
}
