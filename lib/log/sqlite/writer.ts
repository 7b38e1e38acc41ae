/**
 * Writes entries to the file and takes them out of it, and keeps every sum in step.
 *
 * @module
 */
import type { LogSettings } from "../../config/log-settings.ts"
import type { Payloads } from "../entry.ts"
import { type Facts, factsOfEntry, pairsOf } from "../facts.ts"
import type { Held, Limits } from "../memory-log.ts"
import type { LogPatch } from "../RequestLog.ts"
import { type Database, inTransaction, type Row, type Value } from "./database.ts"
import { type Changes, hourlyChanges } from "./hourly.ts"
import { factNames } from "./schema.ts"

/** How many entries are looked at before the clock is. */
const stride = 16

/** The most entries that leave with one slice, beside as many as came: a lower limit is reached in steps. */
const step = 500

interface Scope {
  readonly id: number
  readonly limits: Limits
  entries: number
  added: number
}

/** What became of a slice. */
export interface WrittenSlice {
  /** The entries that are done with, whether written or not. */
  readonly done: ReadonlyArray<Held>
  /** How many of them a full log kept out. */
  readonly refused: number
}

/** Writes; every method is a transaction of its own, and throws where it cannot be. */
export interface LogWriter {
  /** Writes entries until `isTime` says that others want to run; at least a few. */
  readonly append: (entries: ReadonlyArray<Held>, now: number, isTime: () => boolean) => WrittenSlice
  /** Changes an entry, whose record is given as it is to be kept. */
  readonly patch: (id: string, patch: LogPatch, record: string | undefined) => void
  /** Deletes entries by id; gives how many there were. */
  readonly remove: (ids: ReadonlyArray<string>) => number
  /** Deletes some of the entries that are too old, of one gateway after another. */
  readonly expire: (now: number) => void
}

/** Prepares to write. */
export const makeWriter = (
  database: Database,
  limitsOf: (account: string, gateway: string) => Limits | undefined,
): LogWriter => {
  const newChanges = hourlyChanges(database)
  const addScope = database.prepare("INSERT OR IGNORE INTO scope (account, gateway) VALUES (?, ?)")
  const readScope = database.prepare("SELECT id, entries FROM scope WHERE account = ? AND gateway = ?")
  const nextScope = database.prepare(
    "SELECT id, account, gateway FROM scope WHERE id > ? ORDER BY id LIMIT 1",
  )
  const countEntries = database.prepare("UPDATE scope SET entries = entries + ? WHERE id = ?")
  const addDetail = database.prepare("INSERT INTO detail (record) VALUES (?)")
  const addPayload = database.prepare("INSERT INTO payload VALUES (?, ?)")
  const columns = ["scope", ...factNames, "score", "detail"]
  const addEntry = database.prepare(
    `INSERT OR IGNORE INTO entry (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  )
  const oldest = database.prepare(
    "SELECT * FROM entry WHERE scope = ? AND created < ? ORDER BY created, id LIMIT ?",
  )
  const byIds = database.prepare("SELECT entry.* FROM json_each(?) AS ids JOIN entry ON entry.id = ids.value")
  const removeEntries = database.prepare("DELETE FROM entry WHERE id IN (SELECT value FROM json_each(?))")
  const removeDetails = database.prepare("DELETE FROM detail WHERE id IN (SELECT value FROM json_each(?))")
  const removePayloads = database.prepare(
    "DELETE FROM payload WHERE detail IN (SELECT value FROM json_each(?))",
  )
  const setRecord = database.prepare(
    "UPDATE detail SET record = ? WHERE id = (SELECT detail FROM entry WHERE entry.id = ?)",
  )
  let lastExpired = 0

  const removeRows = (rows: ReadonlyArray<Row>, changes: Changes): void => {
    if (rows.length === 0) return
    const removed = new Map<number, number>()
    for (const row of rows) {
      const scope = Number(row["scope"])
      changes.note(scope, row as unknown as Facts, -1)
      removed.set(scope, (removed.get(scope) ?? 0) + 1)
    }
    removeEntries.run(JSON.stringify(rows.map((row) => row["id"] ?? null)))
    const details = JSON.stringify(rows.map((row) => row["detail"] ?? null))
    removeDetails.run(details)
    removePayloads.run(details)
    for (const [scope, count] of removed) countEntries.run(-count, scope)
  }

  const insert = ({ entry, payloads }: Held, scope: Scope, changes: Changes): void => {
    const { feedback: _, score, ...record } = entry
    const facts = factsOfEntry(entry)
    const detail = addDetail.run(JSON.stringify(record)).lastInsertRowid
    const values = factNames.map((name): Value => facts[name])
    // An id that is there already, or a time that is none, would else keep all that follow from being written.
    if (addEntry.run(scope.id, ...values, score, detail).changes === 0) {
      return void removeDetails.run(JSON.stringify([detail]))
    }
    if (payloads !== undefined) addPayload.run(detail, JSON.stringify(payloads satisfies Payloads))
    changes.note(scope.id, facts, 1)
    scope.added++
  }

  const expired = (id: number, { retention }: Limits, now: number, changes: Changes): number => {
    const rows = retention === undefined ? [] : oldest.all(id, now - retention, step)
    removeRows(rows, changes)
    return rows.length
  }
  const trim = ({ id, limits: { maxEntries = Infinity }, entries, added }: Scope, changes: Changes): void => {
    const over = Math.min(entries + added - maxEntries, added + step)
    if (over > 0) removeRows(oldest.all(id, Number.MAX_SAFE_INTEGER, over), changes)
  }

  return {
    append: (entries, now, isTime) =>
      inTransaction(database, () => {
        const changes = newChanges()
        const scopes = new Map<string, Scope | undefined>()
        const scopeOf = (account: string, gateway: string): Scope | undefined => {
          const key = `${account}/${gateway}`
          if (scopes.has(key)) return scopes.get(key)
          const limits = limitsOf(account, gateway)
          if (limits !== undefined) addScope.run(account, gateway)
          const row = readScope.get(account, gateway)
          const scope = limits && row &&
            { id: Number(row["id"]), limits, entries: Number(row["entries"]), added: 0 }
          if (scope !== undefined) scope.entries -= expired(scope.id, scope.limits, now, changes)
          scopes.set(key, scope)
          return scope
        }
        const done: Array<Held> = []
        let refused = 0
        for (const held of entries) {
          if (done.length > 0 && done.length % stride === 0 && isTime()) break
          done.push(held)
          const { account_id, gateway_id } = held.entry
          const scope = scopeOf(account_id ?? "", gateway_id ?? "")
          if (scope === undefined) continue
          if (isFull(scope, scope.limits)) refused++
          else insert(held, scope, changes)
        }
        for (const scope of scopes.values()) {
          if (scope === undefined) continue
          countEntries.run(scope.added, scope.id)
          trim(scope, changes)
        }
        changes.write()
        return { done, refused }
      }),
    patch: (id, { feedback, score, metadata }, record) =>
      inTransaction(database, () => {
        const set: Array<readonly [string, Value]> = []
        if (feedback !== undefined) set.push(["feedback", feedback])
        if (score !== undefined) set.push(["score", score])
        if (metadata !== undefined) set.push(["pairs", pairsOf(metadata)])
        if (set.length === 0) return
        const columns = set.map(([column]) => `${column} = ?`).join(", ")
        database.prepare(`UPDATE entry SET ${columns} WHERE id = ?`).run(...set.map(([, value]) => value), id)
        if (record !== undefined) setRecord.run(record, id)
      }),
    remove: (ids) =>
      inTransaction(database, () => {
        const changes = newChanges()
        const rows = byIds.all(JSON.stringify(ids))
        removeRows(rows, changes)
        changes.write()
        return rows.length
      }),
    expire: (now) => {
      const row = nextScope.get(lastExpired) ?? nextScope.get(0)
      lastExpired = Number(row?.["id"] ?? 0)
      const limits = row && limitsOf(String(row["account"]), String(row["gateway"]))
      if (limits?.retention === undefined) return
      inTransaction(database, () => {
        const changes = newChanges()
        expired(lastExpired, limits, now, changes)
        changes.write()
      })
    },
  }
}

const isFull = (
  { entries, added }: Scope,
  { maxEntries = Infinity, strategy }: Pick<LogSettings, "maxEntries" | "strategy">,
): boolean => strategy === "STOP_INSERTING" && entries + added >= maxEntries
