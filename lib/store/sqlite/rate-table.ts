/**
 * The counts of rates, in the gateway's file, for all processes that share a port.
 *
 * @module
 */
import type { Database } from "../../sqlite/database.ts"
import type { Addition } from "../counter.ts"

const schema = `
  CREATE TABLE IF NOT EXISTS rates (
    gateway TEXT NOT NULL,
    counter TEXT NOT NULL,
    sum INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (gateway, counter)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS rates_ends ON rates (ends);
`

/**
 * After how many additions expired rows are deleted, how many at once, and after how many additions rows are counted.
 */
const leaving = { every: 50, atOnce: 200, counted: 1_000 }

/** The table. Every method throws if SQLite fails. `now` is in milliseconds since 1970. */
export interface RateTable {
  readonly add: (addition: Addition, now: number) => number
  readonly read: (addition: Addition) => number
}

/**
 * Prepares the table.
 *
 * @param most the most rows of one gateway, checked whenever rows are counted; beyond it those that expire first are
 * deleted, which makes rates of very many callers more generous
 */
export const openRateTable = (database: Database, most: number): RateTable => {
  database.exec(schema)
  // Cast, since numbers are bound as floating-point ones.
  const upsert = database.prepare(
    `INSERT INTO rates (gateway, counter, sum, ends) VALUES (?, ?, CAST(? AS INTEGER), ?)
     ON CONFLICT DO UPDATE SET sum = sum + excluded.sum RETURNING sum`,
  )
  const find = database.prepare("SELECT sum FROM rates WHERE gateway = ? AND counter = ?")
  const leave = database.prepare(
    `DELETE FROM rates WHERE (gateway, counter) IN
     (SELECT gateway, counter FROM rates WHERE ends <= ? LIMIT ${leaving.atOnce})`,
  )
  const count = database.prepare("SELECT count(*) AS count FROM rates WHERE gateway = ?")
  const evict = database.prepare(
    `DELETE FROM rates WHERE gateway = ?1 AND counter IN
     (SELECT counter FROM rates WHERE gateway = ?1 ORDER BY ends LIMIT ?2)`,
  )
  let additions = 0
  const makeRoom = (gateway: string, now: number): void => {
    if (additions % leaving.every === 0) leave.run(now)
    if (additions % leaving.counted !== 0) return
    const over = Number(count.get(gateway)?.["count"]) - most
    if (over > 0) evict.run(gateway, over)
  }
  return {
    add: ({ counter: { gateway, key }, by, ttl }, now) => {
      additions++
      makeRoom(gateway, now)
      // Not `get`: a statement is complete only once all its rows are read.
      const [row] = upsert.all(gateway, key, by, now + ttl)
      return Number(row?.["sum"] ?? 0)
    },
    read: ({ counter: { gateway, key } }) => Number(find.get(gateway, key)?.["sum"] ?? 0),
  }
}
