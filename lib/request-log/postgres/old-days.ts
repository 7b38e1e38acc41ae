/**
 * Adds missing indexes to existing days, one after the other, while they are read and written.
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

/** The names of the valid indexes. */
const made = async (query: Query): Promise<ReadonlySet<string>> => {
  const rows = await query(
    `SELECT made.relname AS name FROM pg_inherits JOIN pg_index ON indrelid = inhrelid
     JOIN pg_class AS made ON made.oid = indexrelid
     WHERE inhparent = 'basegate.entry'::regclass AND indisvalid`,
  )
  return new Set(rows.map(({ name }) => String(name)))
}

/**
 * Creates an index. `false` if one is being built elsewhere; `true` if this one exists now, or its day was dropped.
 */
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
    // An index left unfinished by an earlier attempt is invalid.
    await patiently(`DROP INDEX CONCURRENTLY IF EXISTS basegate."${indexName(part, index)}"`)
    await patiently(indexStatement(part, index, "CONCURRENTLY"))
    // Until then the planner has no statistics on the indexed expression.
    await patiently(`ANALYZE basegate."${part}"`)
  } catch (cause) {
    // Another gateway was quicker, or the day was dropped.
    if (!(cause instanceof PostgresProblem) || !cause.isRefusal) throw cause
  }
  return true
}

/** Adds the missing indexes. No reader or writer waits for it. Stops if another gateway is building one. */
export const indexOldDays = async (database: PostgresDatabase): Promise<void> => {
  const [wanted, known] = [await dayIndexes(database.query), await made(database.query)]
  for (const part of await parts(database.query)) {
    for (const index of wanted) {
      if (!known.has(indexName(part, index)) && !await indexDay(database, part, index)) return
    }
  }
}
