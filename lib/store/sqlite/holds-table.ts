/**
 * What calls in flight reserve of budgets, in the gateway's file, for all processes that use it.
 *
 * @module
 */
import type { Database } from "../../sqlite/database.ts"
import type { Holds } from "../holds.ts"
import type { OnceTable } from "./once-table.ts"

const schema = `
  CREATE TABLE IF NOT EXISTS holds (
    gateway TEXT NOT NULL,
    name TEXT NOT NULL,
    lease TEXT NOT NULL,
    nanos INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (gateway, name, lease)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS holds_ends ON holds (ends);
  DROP TABLE IF EXISTS settled;
`

/** How long settled leases are remembered, in milliseconds. */
const remembered = 600_000

/** The most expired rows that are deleted when one is added. */
const leavingAtOnce = 20

/** Prepares the table; every method throws if SQLite fails. */
export const openHoldsTable = (database: Database, once: OnceTable): Holds => {
  database.exec(schema)
  // Cast, since numbers are bound as floating-point ones, and their sums would be read back as such.
  const insert = database.prepare(
    "INSERT INTO holds (gateway, name, lease, nanos, ends) VALUES (?, ?, ?, CAST(? AS INTEGER), ?) ON CONFLICT DO NOTHING",
  )
  const sum = database.prepare(
    "SELECT coalesce(sum(nanos), 0) AS nanos FROM holds WHERE gateway = ? AND name = ? AND ends > ?",
  )
  const find = database.prepare("SELECT 1 AS found FROM holds WHERE gateway = ? AND name = ? AND lease = ?")
  const remove = database.prepare("DELETE FROM holds WHERE gateway = ? AND name = ? AND lease = ?")
  const leave = database.prepare(
    `DELETE FROM holds WHERE (gateway, name, lease) IN
     (SELECT gateway, name, lease FROM holds WHERE ends <= ? LIMIT ${leavingAtOnce})`,
  )
  return {
    sum: ({ gateway, name }, now) => Number(sum.get(gateway, name, now)?.["nanos"] ?? 0),
    hold: ({ gateway, name }, lease, amount, ttl, now) => {
      leave.run(now)
      insert.run(gateway, name, lease, amount, now + ttl)
    },
    has: ({ gateway, name }, lease) => find.get(gateway, name, lease) !== undefined,
    free: ({ gateway, name }, lease) => void remove.run(gateway, name, lease),
    settles: (lease, now) => once(`settled ${lease}`, remembered, now),
  }
}
