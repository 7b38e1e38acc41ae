/**
 * The table of what was spent, in the gateway's file.
 *
 * A row is one counter: a rule's, or that of one partition of it, in one period. Rows of periods that have ended leave when
 * new ones come.
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

/** `part` is the partition as JSON; NULL for what those share who found no room for a row of their own. */
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

/** How many rows of periods that have ended leave with one that comes. */
const leavingAtOnce = 200

/** How long other processes are waited for, in milliseconds: where something is reserved, and where all share all counts. */
const patience = { reserving: 50, sharing: 1_000 }

/** For how long a count of rows is trusted, this process's own rows aside, in milliseconds. */
const countedFor = 60_000

/** The table; every method throws if SQLite fails. `now` is in milliseconds since 1970. */
export interface SpendTable {
  readonly holds: Holds
  readonly once: OnceTable
  readonly values: ValueTable
  /** Runs something as one transaction, which no other process comes between; it may call the other methods. */
  readonly exclusively: <A>(run: () => A) => A
  /** Makes additions, all or none, and returns the sum of each counter; 0 for one that does not exist. */
  readonly add: (additions: ReadonlyArray<Addition>, now: number) => ReadonlyArray<number>
  readonly list: (query: SpendQuery) => SpentPage
}

/** Counters of money are always kept, those of rates only if processes share them. */
export const isMoney = ({ counter }: Addition): boolean => counter.spend !== undefined

/** Given all rows of a statement: only once they are read is it done, and a failure known. */
const nanosOf = ([row]: ReadonlyArray<Row>): number | undefined => row && Number(row["nanos"])

const spentOf = ({ part, previous, current }: Row): Spent => ({
  partition: typeof part === "string" ? JSON.parse(part) as ReadonlyArray<string> : undefined,
  previous: Number(previous),
  current: Number(current),
})

/**
 * Prepares the table of a database, which becomes the gateway's own.
 *
 * @param most the most rows of one gateway beside those that others share
 * @param shares whether several processes count in it all the time, rates as well
 */
export const openSpendTable = (database: Database, most: number, shares: boolean): SpendTable => {
  ownFile(database)
  database.exec(schema)
  // Each charge writes a page, and every checkpoint waits for the disk: the log makes enough of them.
  database.exec("PRAGMA wal_autocheckpoint = 1000")
  // Numbers are bound as floating-point ones, and sums above 2^53 could not be read.
  const sum = `min(nanos + CAST(? AS INTEGER), ${Number.MAX_SAFE_INTEGER})`
  const update = database.prepare(
    `UPDATE spend SET nanos = ${sum} WHERE gateway = ? AND counter = ? RETURNING nanos`,
  )
  // Another process may have made the row since it was looked for.
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
      // A budget that others count in as well is waited for: without it this process would count alone.
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
      // A statement alone is a transaction of its own.
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
