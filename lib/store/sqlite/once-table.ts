/**
 * Marks of what only one of the processes that use the gateway's file should do.
 *
 * @module
 */
import type { Database } from "../../sqlite/database.ts"

const schema = `
  CREATE TABLE IF NOT EXISTS once (key TEXT PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS once_ends ON once (ends);
`

/** The most expired rows that are deleted when one is added. */
const leavingAtOnce = 20

/** Whether this is the first call with a key within `ttl` milliseconds. Throws if SQLite fails. */
export type OnceTable = (key: string, ttl: number, now: number) => boolean

/** Prepares the table. */
export const openOnceTable = (database: Database): OnceTable => {
  database.exec(schema)
  const forget = database.prepare(
    `DELETE FROM once WHERE key IN (SELECT key FROM once WHERE ends <= ? LIMIT ${leavingAtOnce})`,
  )
  const mark = database.prepare(
    "INSERT INTO once (key, ends) VALUES (?, ?) ON CONFLICT DO UPDATE SET ends = excluded.ends WHERE ends <= ?",
  )
  return (key, ttl, now) => {
    forget.run(now)
    return Number(mark.run(key, now + ttl, now).changes) > 0
  }
}
