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

/**
 * Looks in the catalog itself: `to_regclass` and its like remember what was not there, and say so again to who has waited for
 * `schemaLock` while somebody else made it.
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

/** Whether a table of the gateway's is there. */
export const hasTable = (query: Query, name: string): Promise<boolean> => isThere(query, "class", name)

/** Whether a function of the gateway's is there. */
export const hasFunction = (query: Query, name: string): Promise<boolean> => isThere(query, "proc", name)
