/**
 * Writes entries to the file and removes them, with every sum kept in step.
 *
 * @module
 */
import type { LogPatch } from "../entry.ts"
import { fieldsOfEntry, metadataText } from "../filterable-fields.ts"
import { type Held, logEntryOf } from "../memory/held.ts"
import type { LogLimits } from "../memory/memory-log.ts"
import { type Database, inTransaction, type Value } from "../../sqlite/database.ts"
import { type Changes, hourlyChanges } from "./hourly-changes.ts"
import { hourLength } from "./hourly.ts"
import { makeRemoval } from "./removal.ts"
import { factNames } from "./schema.ts"

/** The number of entries that are written between two readings of the clock. */
const stride = 16

/**
 * The most entries that one slice of writing removes, because they are too old or too many: more than a slice adds,
 * and few enough to take some milliseconds. A lowered limit is reached in steps.
 */
const step = 200

interface Scope {
  readonly id: number
  readonly limits: LogLimits
  /** The number of its entries, including those of this slice. */
  entries: number
  added: number
}

/** The outcome of a slice. */
export interface WrittenSlice {
  /** The entries that were handled, whether written or refused. */
  readonly done: ReadonlyArray<Held>
  /** How many of them a full log refused. */
  readonly refused: number
}

/** Writes to the file. Every method is a transaction of its own, and throws if it fails. */
export interface LogWriter {
  /** Writes entries until `isTime` says to stop; at least a few. */
  readonly append: (entries: ReadonlyArray<Held>, now: number, isTime: () => boolean) => WrittenSlice
  /** Changes an entry; `record` is given if it changes as well. */
  readonly patch: (id: string, patch: LogPatch, record: string | undefined) => void
  /** Deletes entries by id; returns how many there were. */
  readonly remove: (ids: ReadonlyArray<string>) => number
  /** Deletes some of the entries that are too old, of a different gateway each time. */
  readonly expire: (now: number) => void
}

/** Prepares the statements of the writer. */
export const makeWriter = (
  database: Database,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
): LogWriter => {
  const newChanges = hourlyChanges(database)
  const removal = makeRemoval(database)
  const addScope = database.prepare("INSERT OR IGNORE INTO scope (account, gateway) VALUES (?, ?)")
  const readScope = database.prepare("SELECT id, entries FROM scope WHERE account = ? AND gateway = ?")
  const nextScope = database.prepare(
    "SELECT id, account, gateway FROM scope WHERE id > ? ORDER BY id LIMIT 1",
  )
  const count = database.prepare("UPDATE scope SET entries = entries + ? WHERE id = ?")
  const columns = ["scope", ...factNames, "score", "detail"]
  const addEntry = database.prepare(
    `INSERT OR IGNORE INTO entry (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  )
  const addDetail = database.prepare("INSERT INTO detail (record) VALUES (?)")
  const dropDetail = database.prepare("DELETE FROM detail WHERE id = ?")
  const addPayloads = database.prepare("INSERT INTO payload VALUES (?, ?)")
  const setRecord = database.prepare(
    "UPDATE detail SET record = ? WHERE id = (SELECT detail FROM entry WHERE entry.id = ?)",
  )
  const forgetHour = database.prepare(
    `DELETE FROM hourly_division WHERE (scope, hour) IN (
       SELECT scope, created / ${hourLength} * ${hourLength} FROM entry WHERE id = ?
     )`,
  )
  let lastExpired = 0

  const expireIn = (scope: number, { retention }: LogLimits, now: number, changes: Changes): number =>
    retention === undefined ? 0 : removal.oldest(scope, now - retention, step, changes)

  const openScope = (account: string, gateway: string, now: number, changes: Changes): Scope | undefined => {
    const limits = limitsOf(account, gateway)
    if (limits === undefined) return undefined
    addScope.run(account, gateway)
    const row = readScope.get(account, gateway)
    const id = Number(row?.["id"])
    return { id, limits, entries: Number(row?.["entries"]) - expireIn(id, limits, now, changes), added: 0 }
  }
  const closeScope = ({ id, entries, added, limits: { maxEntries = Infinity } }: Scope, changes: Changes) => {
    count.run(added, id)
    const over = Math.min(entries - maxEntries, step)
    if (over > 0) removal.oldest(id, Number.MAX_SAFE_INTEGER, over, changes)
  }
  const insert = (held: Held, scope: Scope, changes: Changes): void => {
    const entry = logEntryOf(held)
    const { payloads } = held
    const { feedback: _, score, ...record } = entry
    const facts = fieldsOfEntry(entry)
    const detail = addDetail.run(JSON.stringify(record)).lastInsertRowid
    const values = factNames.map((name): Value => facts[name])
    // A duplicate id, or an invalid time, would otherwise keep all later entries from being written.
    if (addEntry.run(scope.id, ...values, score, detail).changes === 0) return void dropDetail.run(detail)
    if (payloads !== undefined) addPayloads.run(detail, JSON.stringify(payloads))
    changes.note(scope.id, facts, 1)
    scope.entries++
    scope.added++
  }

  return {
    append: (entries, now, isTime) =>
      inTransaction(database, () => {
        const changes = newChanges()
        const scopes = new Map<string, Scope | undefined>()
        const scopeOf = ({ account_id, gateway_id }: Held["record"]): Scope | undefined => {
          const key = `${account_id}/${gateway_id}`
          if (!scopes.has(key)) scopes.set(key, openScope(account_id ?? "", gateway_id ?? "", now, changes))
          return scopes.get(key)
        }
        const done: Array<Held> = []
        let refused = 0
        for (const held of entries) {
          if (done.length > 0 && done.length % stride === 0 && isTime()) break
          done.push(held)
          const scope = scopeOf(held.record)
          if (scope === undefined) continue
          if (isFull(scope)) refused++
          else insert(held, scope, changes)
        }
        for (const scope of scopes.values()) if (scope !== undefined) closeScope(scope, changes)
        changes.write()
        return { done, refused }
      }),
    patch: (id, { feedback, score, metadata }, record) =>
      inTransaction(database, () => {
        const set = (column: string, value: Value): void =>
          void database.prepare(`UPDATE entry SET ${column} = ? WHERE id = ?`).run(value, id)
        if (feedback !== undefined) set("feedback", feedback)
        if (score !== undefined) set("score", score)
        if (metadata !== undefined) {
          set("pairs", metadataText(metadata))
          forgetHour.run(id)
        }
        if (record !== undefined) setRecord.run(record, id)
      }),
    remove: (ids) =>
      inTransaction(database, () => {
        const changes = newChanges()
        const removed = removal.byIds(ids, changes)
        changes.write()
        return removed
      }),
    expire: (now) => {
      const row = nextScope.get(lastExpired) ?? nextScope.get(0)
      lastExpired = Number(row?.["id"] ?? 0)
      const limits = row && limitsOf(String(row["account"]), String(row["gateway"]))
      if (limits?.retention === undefined) return
      inTransaction(database, () => {
        const changes = newChanges()
        expireIn(lastExpired, limits, now, changes)
        changes.write()
      })
    },
  }
}

const isFull = ({ entries, limits: { maxEntries = Infinity, strategy } }: Scope): boolean =>
  strategy === "STOP_INSERTING" && entries >= maxEntries
