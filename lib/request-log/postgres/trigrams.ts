/**
 * The extension `pg_trgm`, which the index for searches needs. It comes with Postgres, and the owner of a database
 * may add it. Without it a search reads every entry.
 *
 * @module
 */
import { causeText, type PostgresDatabase, PostgresProblem, type Query } from "../../postgres/database.ts"
import { schemaLock } from "../../postgres/own-schema.ts"
import { warn } from "../../sqlite/warn.ts"

/** Its schema, as SQL; `undefined` if the database does not have it. */
export const trigramSchema = async (query: Query): Promise<string | undefined> => {
  const [row] = await query(
    `SELECT quote_ident(nspname) AS schema FROM pg_extension JOIN pg_namespace AS own ON own.oid = extnamespace
     WHERE extname = 'pg_trgm'`,
  )
  return row && String(row["schema"])
}

/** Adds it to the database if permitted; otherwise warns. */
export const ensureTrigrams = async (database: PostgresDatabase): Promise<void> => {
  if (await trigramSchema(database.query) !== undefined) return
  try {
    await database.transaction(async (query) => {
      await query(schemaLock)
      if (await trigramSchema(query) === undefined) await query("CREATE EXTENSION pg_trgm")
    })
  } catch (cause) {
    // The server did not answer: not a refusal, so the next attempt may succeed.
    if (!(cause instanceof PostgresProblem) || cause.code === undefined) throw cause
    warn(
      "request log is searched without an index: its database lacks the extension pg_trgm, and this user may not add it",
      {
        reason: causeText(cause),
      },
    )
  }
}
