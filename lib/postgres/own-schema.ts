/**
 * The gateway's own schema, shared by the parts of it that keep tables.
 *
 * @module
 */
import type { Query } from "./database.ts"

/** Taken while tables are created or dropped, so that only one gateway does so at a time. */
export const schemaLock = "SELECT pg_advisory_xact_lock(7088, 1)"

/**
 * Creates the schema if it does not exist; must be called within a transaction. Rejects if the user lacks the
 * permission.
 */
export const ensureSchema = async (query: Query): Promise<void> => {
  await query(schemaLock)
  const [found] = await query("SELECT 1 AS found FROM pg_namespace WHERE nspname = 'basegate'")
  if (found === undefined) await query("CREATE SCHEMA basegate")
}

/**
 * Queries the catalog itself: `to_regclass` and its like cache that something was missing, even for a transaction
 * that has since waited for `schemaLock` while another one created it.
 */
const isThere = async (query: Query, catalog: "class" | "proc", name: string): Promise<boolean> => {
  const prefix = { class: "rel", proc: "pro" }[catalog]
  const [found] = await query(
    `SELECT 1 AS found FROM pg_${catalog} JOIN pg_namespace AS own ON own.oid = ${prefix}namespace
     WHERE nspname = 'basegate' AND ${prefix}name = $1::text`,
    [name],
  )
  return found !== undefined
}

/** Whether one of the gateway's tables exists. */
export const hasTable = (query: Query, name: string): Promise<boolean> => isThere(query, "class", name)

/** Whether one of the gateway's functions exists. */
export const hasFunction = (query: Query, name: string): Promise<boolean> => isThere(query, "proc", name)
