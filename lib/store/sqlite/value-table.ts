/**
 * Cached answers in the gateway's file, for all processes that share a port.
 *
 * @module
 */
import type { Database } from "../../sqlite/database.ts"

const schema = `
  CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    ends INTEGER NOT NULL,
    size INTEGER NOT NULL,
    value BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS answers_ends ON answers (ends, size);
`

/**
 * The most bytes of all values, after how many additions that is checked, and how many expired values are deleted
 * when one is added.
 */
const bounds = { bytes: 268_435_456, every: 50, leaving: 20 }

/** The table. Every method throws if SQLite fails. `now` is in milliseconds since 1970. */
export interface ValueTable {
  readonly get: (key: string, now: number) => Uint8Array<ArrayBuffer> | undefined
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number, now: number) => void
}

/** Prepares the table. */
export const openValueTable = (database: Database): ValueTable => {
  database.exec(schema)
  const find = database.prepare("SELECT value FROM answers WHERE key = ? AND ends > ?")
  const keep = database.prepare(
    "INSERT OR REPLACE INTO answers (key, ends, size, value) VALUES (?, ?, ?, ?)",
  )
  const leave = database.prepare(
    `DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE ends <= ? LIMIT ${bounds.leaving})`,
  )
  const sum = database.prepare("SELECT sum(size) AS bytes FROM answers")
  const evict = database.prepare(
    `DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY ends LIMIT ${bounds.every})`,
  )
  let kept = 0
  return {
    get: (key, now) => {
      const value: unknown = find.get(key, now)?.["value"]
      return value instanceof Uint8Array ? new Uint8Array(value) : undefined
    },
    set: (key, value, ttl, now) => {
      leave.run(now)
      keep.run(key, now + ttl, value.byteLength, value)
      if (kept++ % bounds.every !== 0) return
      while (Number(sum.get()?.["bytes"] ?? 0) > bounds.bytes) evict.run()
    },
  }
}
