/**
 * Gives the days of before the indexes that they lack, one after the other, while they are read and written.
 *
 * @module
 */
import { type PostgresDatabase, PostgresProblem, type Query } from "../../postgres/database.ts"
import { type DayIndex, dayIndexes, indexName, indexStatement } from "./day-indexes.ts"
import { dayOfPart } from "./schema.ts"

/** The tables of days, the newest first. */
const parts = async (query: Query): Promise<ReadonlyArray<string>> => {
  const rows = await query(
    `SELECT part.relname AS name FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid
     WHERE inhparent = 'basegate.entry'::regclass`,
  )
  return rows.map(({ name }) => String(name)).sort((one, other) => dayOfPart(other) - dayOfPart(one))
}

/** The names of the indexes that can be used. */
const made = async (query: Query): Promise<ReadonlySet<string>> => {
  const rows = await query(
    `SELECT made.relname AS name FROM pg_inherits JOIN pg_index ON indrelid = inhrelid
     JOIN pg_class AS made ON made.oid = indexrelid
     WHERE inhparent = 'basegate.entry'::regclass AND indisvalid`,
  )
  return new Set(rows.map(({ name }) => String(name)))
}

/** Whether an index was made, or there is no need for it any more; `false` if another one is being made. */
const indexDay = async (
  { query, patiently }: PostgresDatabase,
  part: string,
  index: DayIndex,
): Promise<boolean> => {
  const [busy] = await query(
    "SELECT 1 AS busy FROM pg_stat_progress_create_index WHERE datname = current_database() LIMIT 1",
  )
  if (busy !== undefined) return false
  try {
    // One that could not be finished is of no use.
    await patiently(`DROP INDEX CONCURRENTLY IF EXISTS basegate."${indexName(part, index)}"`)
    await patiently(indexStatement(part, index, "CONCURRENTLY"))
    // What an index is of is not known to be of few entries, or of all, until then.
    await patiently(`ANALYZE basegate."${part}"`)
  } catch (cause) {
    // Somebody else was quicker, or the day has left.
    if (!(cause instanceof PostgresProblem) || !cause.isRefusal) throw cause
  }
  return true
}

/** Gives days the indexes that they lack. Nobody who reads or writes waits for it; another gateway may be at it. */
export const indexOldDays = async (database: PostgresDatabase): Promise<void> => {
  const [wanted, known] = [await dayIndexes(database.query), await made(database.query)]
  for (const part of await parts(database.query)) {
    for (const index of wanted) {
      if (!known.has(indexName(part, index)) && !await indexDay(database, part, index)) return
    }
  }
}
