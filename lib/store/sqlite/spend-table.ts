/**
 * The table of spending, in the gateway's file.
 *
 * A row is one counter: that of a rule, or of one of its partitions, in one period. Rows of past periods are deleted
 * when new ones are added.
 *
 * @module
 */
import { type Database, inTransaction, type Row } from "../../sqlite/database.ts"
import { ownFile } from "../../sqlite/own-file.ts"
import type { Addition, SpendQuery, Spent, SpentPage } from "../counter.ts"
import type { Holds } from "../holds.ts"
import { openHoldsTable } from "./holds-table.ts"
import { openRateTable } from "./rate-table.ts"
import { type OnceTable, openOnceTable } from "./once-table.ts"
import { openValueTable, type ValueTable } from "./value-table.ts"

/**
 * `part` is the partition as JSON; NULL for the row shared by partitions that have none of their own, for lack of
 * room.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS spend (
    id INTEGER PRIMARY KEY,
    gateway TEXT NOT NULL,
    counter TEXT NOT NULL,
    rule TEXT NOT NULL,
    period INTEGER NOT NULL,
    part TEXT,
    nanos INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    UNIQUE (gateway, counter)
  );
  CREATE INDEX IF NOT EXISTS spend_rule ON spend (gateway, rule, period);
  CREATE INDEX IF NOT EXISTS spend_ends ON spend (ends);
`

/** The most rows of past periods that are deleted when one is added. */
const leavingAtOnce = 200

/** How long to wait for other processes, in milliseconds: to reserve something, and if all counts are shared. */
const patience = { reserving: 50, sharing: 1_000 }

/** How long a count of rows is valid apart from this process's own additions, in milliseconds. */
const countedFor = 60_000

/** The table. Every method throws if SQLite fails. `now` is in milliseconds since 1970. */
export interface SpendTable {
  readonly holds: Holds
  readonly once: OnceTable
  readonly values: ValueTable
  /** Runs something as one exclusive transaction, in which the other methods may be called. */
  readonly exclusively: <A>(run: () => A) => A
  /** Makes all additions or none, and returns the sum of each counter; 0 for one that does not exist. */
  readonly add: (additions: ReadonlyArray<Addition>, now: number) => ReadonlyArray<number>
  readonly list: (query: SpendQuery) => SpentPage
}

/** Whether a counter is of money. Those are always kept, counters of rates only if processes share them. */
export const isMoney = ({ counter }: Addition): boolean => counter.spend !== undefined

/** Takes all rows of a statement: only once they are read is it complete, and a failure known. */
const nanosOf = ([row]: ReadonlyArray<Row>): number | undefined => row && Number(row["nanos"])

const spentOf = ({ part, previous, current }: Row): Spent => ({
  partition: typeof part === "string" ? JSON.parse(part) as ReadonlyArray<string> : undefined,
  previous: Number(previous),
  current: Number(current),
})

/**
 * Prepares the table of a database, which becomes the gateway's own.
 *
 * @param most the most rows of one gateway, not counting shared ones
 * @param shares whether several processes always count in the file, rates as well
 */
export const openSpendTable = (database: Database, most: number, shares: boolean): SpendTable => {
  ownFile(database)
  database.exec(schema)
  // Each charge writes a page, and every checkpoint waits for the disk; the log makes enough checkpoints.
  database.exec("PRAGMA wal_autocheckpoint = 1000")
  // Cast and capped, since numbers are bound as floating-point ones, and sums above 2^53 could not be read.
  const sum = `min(nanos + CAST(? AS INTEGER), ${Number.MAX_SAFE_INTEGER})`
  const update = database.prepare(
    `UPDATE spend SET nanos = ${sum} WHERE gateway = ? AND counter = ? RETURNING nanos`,
  )
  // Another process may have added the row since it was looked up.
  const insert = database.prepare(
    `INSERT INTO spend (gateway, counter, rule, period, part, ends, nanos) VALUES (?, ?, ?, ?, ?, ?, CAST(? AS INTEGER))
     ON CONFLICT DO UPDATE SET nanos = min(nanos + excluded.nanos, ${Number.MAX_SAFE_INTEGER}) RETURNING nanos`,
  )
  const read = database.prepare("SELECT nanos FROM spend WHERE gateway = ? AND counter = ?")
  const leave = database.prepare(
    `DELETE FROM spend WHERE id IN (SELECT id FROM spend WHERE ends <= ? LIMIT ${leavingAtOnce})`,
  )
  const count = database.prepare("SELECT count(*) AS count FROM spend WHERE gateway = ?")
  const countPeriod = database.prepare(
    "SELECT count(*) AS count FROM spend WHERE gateway = ? AND rule = ? AND period = ?",
  )
  const listPeriod = database.prepare(
    `SELECT part, 0 AS previous, nanos AS current FROM spend WHERE gateway = ? AND rule = ? AND period = ?
     ORDER BY nanos DESC, part LIMIT ?`,
  )
  const listSliding = database.prepare(
    `SELECT part, sum(nanos * (period = ?4 - 1)) AS previous, sum(nanos * (period = ?4)) AS current, count(*) OVER () AS total
     FROM spend WHERE gateway = ?1 AND rule = ?2 AND period IN (?4, ?4 - 1) GROUP BY part
     ORDER BY sum(nanos * (period = ?4)) + ?3 * sum(nanos * (period = ?4 - 1)) DESC, part LIMIT ?5`,
  )
  const rates = openRateTable(database, most)
  const usual = shares ? patience.sharing : 5
  database.exec(`PRAGMA busy_timeout = ${usual}`)
  const rooms = new Map<string, { rows: number; readonly countedAt: number }>()

  const roomOf = (gateway: string, now: number): { rows: number } => {
    const known = rooms.get(gateway)
    if (known !== undefined && now >= known.countedAt && now < known.countedAt + countedFor) return known
    const room = { rows: Number(count.get(gateway)?.["count"]), countedAt: now }
    rooms.set(gateway, room)
    return room
  }
  const addOne = (addition: Addition, now: number): number => {
    const { counter, by, ttl } = addition
    if (!isMoney(addition)) return rates.add(addition, now)
    const { gateway, key, overflow = key, spend } = counter
    const updated = nanosOf(update.all(by, gateway, key)) ??
      (overflow === key ? undefined : nanosOf(update.all(by, gateway, overflow)))
    if (updated !== undefined) return updated
    if (Number(leave.run(now).changes) > 0) rooms.clear()
    const room = roomOf(gateway, now)
    const isShared = overflow !== key && room.rows >= most
    const part = isShared ? null : JSON.stringify(spend?.partition() ?? [])
    const [rule, period] = [spend?.rule ?? overflow, spend?.period ?? 0]
    room.rows++
    return nanosOf(insert.all(gateway, isShared ? overflow : key, rule, period, part, now + ttl, by)) ?? 0
  }
  const readOne = (addition: Addition): number => {
    if (!isMoney(addition)) return rates.read(addition)
    const { counter: { gateway, key, overflow = key } } = addition
    return nanosOf(read.all(gateway, key)) ??
      (overflow === key ? undefined : nanosOf(read.all(gateway, overflow))) ?? 0
  }

  const once = openOnceTable(database)
  let isExclusive = false
  return {
    holds: openHoldsTable(database, once),
    once,
    values: openValueTable(database),
    exclusively: (run) => {
      if (isExclusive) return run()
      isExclusive = true
      // Waits longer for a budget that others count in as well: otherwise this process would count alone.
      if (!shares) database.exec(`PRAGMA busy_timeout = ${patience.reserving}`)
      try {
        return inTransaction(database, run)
      } finally {
        isExclusive = false
        if (!shares) database.exec(`PRAGMA busy_timeout = ${usual}`)
      }
    },
    add: (additions, now) => {
      const all = () => additions.map((each) => each.by === 0 ? readOne(each) : addOne(each, now))
      // A single statement is a transaction of its own.
      return isExclusive || additions.length === 1 || additions.every(({ by }) => by === 0)
        ? all()
        : inTransaction(database, all)
    },
    list: ({ gateway, rule, period, carried, most }) => {
      if (carried === 0) {
        const total = Number(countPeriod.get(gateway, rule, period)?.["count"])
        return { total, spent: listPeriod.all(gateway, rule, period, most).map(spentOf) }
      }
      const rows = listSliding.all(gateway, rule, carried, period, most)
      return { total: Number(rows[0]?.["total"] ?? 0), spent: rows.map(spentOf) }
    },
  }
}
