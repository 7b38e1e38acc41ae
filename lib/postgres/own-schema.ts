/**
 * The gateway's own schema, which several parts of it keep tables in.
 *
 * @module
 */
import type { Query } from "./database.ts"

/** Held while tables are made or dropped: by one gateway at a time. */
export const schemaLock = "SELECT pg_advisory_xact_lock(7088, 1)"

/** Creates the schema if it does not exist, within a transaction; the server refuses a user who may not. */
export const ensureSchema = async (query: Query): Promise<void> => {
  await query(schemaLock)
  const [found] = await query("SELECT 1 AS found FROM pg_namespace WHERE nspname = 'basegate'")
  if (found === undefined) await query("CREATE SCHEMA basegate")
}

/** Whether a table of the gateway's is there. */
export const hasTable = async (query: Query, name: string): Promise<boolean> => {
  const [row] = await query("SELECT to_regclass($1::text) IS NOT NULL AS found", [`basegate.${name}`])
  return row?.["found"] === true
}
