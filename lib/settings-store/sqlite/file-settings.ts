/**
 * Written settings in the SQLite file of `BASEGATE_DB`.
 *
 * One row holds the document, and a transaction replaces it: a process that is killed meanwhile leaves the previous
 * row.
 *
 * @module
 */
import * as Result from "effect/Result"
import { type Database, inTransaction, type OpenDatabase, type Row } from "../../sqlite/database.ts"
import { ownFile } from "../../sqlite/own-file.ts"
import type { AuditEntry, AuditQuery } from "../audit-entry.ts"
import type { SettingsStoreShape, StoreProblem } from "../SettingsStore.ts"

/** How many audit entries are kept. */
const mostEntries = 10_000

/** How long to wait before reopening a file that cannot be opened, in milliseconds. */
const pause = 5000

/** How often the version is read from the file, in milliseconds; it takes about 10 µs, and wakes the process up. */
const interval = 500

const tables = `
  CREATE TABLE IF NOT EXISTS settings (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    document TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS settings_audit (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    gateway TEXT,
    entry TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS settings_audit_account ON settings_audit (account, gateway);
`

/** The condition of a query of the audit, with parameters in the order of `auditValues`. */
const asked = "account = ? AND (? IS NULL OR gateway = ?)" +
  [["when", ">="], ["when", "<"], ["who", "="], ["kind", "="], ["resource_id", "="]]
    .map(([name, operator]) => ` AND (? IS NULL OR json_extract(entry, '$.${name}') ${operator} ?)`).join("")

const auditValues = (
  { account, gateway, since, until, who, kind, resource }: AuditQuery,
): ReadonlyArray<string | null> => [
  account,
  ...[gateway, since, until, who, kind, resource].flatMap((value) => [value ?? null, value ?? null]),
]

/** The file's statements. */
const prepare = (database: Database) => ({
  load: database.prepare("SELECT version, document FROM settings"),
  version: database.prepare("SELECT version FROM settings"),
  save: database.prepare(
    "INSERT INTO settings (id, version, document) VALUES (1, ?, ?) " +
      "ON CONFLICT (id) DO UPDATE SET version = excluded.version, document = excluded.document",
  ),
  audit: database.prepare("INSERT INTO settings_audit (account, gateway, entry) VALUES (?, ?, ?)"),
  forget: database.prepare(
    `DELETE FROM settings_audit WHERE id <= (SELECT max(id) FROM settings_audit) - ${mostEntries}`,
  ),
  count: database.prepare(`SELECT count(*) AS total FROM settings_audit WHERE ${asked}`),
  page: database.prepare(
    `SELECT entry FROM settings_audit WHERE ${asked} ORDER BY id DESC LIMIT ? OFFSET ?`,
  ),
})

const hasTables = (database: Database): boolean =>
  database.prepare("SELECT 1 AS found FROM sqlite_schema WHERE name = 'settings_audit_account'").get() !==
    undefined

const openFile = (open: OpenDatabase, name: string) => {
  const database = open(name)
  try {
    ownFile(database)
    // A change of settings is worth flushing to disk, and waits for the log's writer.
    database.exec("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 50; PRAGMA cache_size = -1024")
    if (!hasTables(database)) inTransaction(database, () => database.exec(tables))
    return { database, ...prepare(database) }
  } catch (cause) {
    database.close()
    throw cause
  }
}

const problemOf = (cause: unknown): StoreProblem => {
  const detail = cause instanceof Error ? cause.message : "unknown"
  return { reason: /locked|busy/i.test(detail) ? "busy" : "unavailable", detail }
}

const storedOf = (row: Row | undefined) => ({
  document: String(row?.["document"] ?? ""),
  version: Number(row?.["version"] ?? 0),
})

/** The store of a file, which is opened at its first use. */
export interface FileSettings extends SettingsStoreShape {
  readonly close: () => void
}

/**
 * Makes the store of a file.
 *
 * @param every runs something at an interval in milliseconds, and returns a function that stops it
 */
export const makeFileSettings = (
  open: OpenDatabase,
  name: string,
  every: (milliseconds: number, run: () => void) => () => void,
): FileSettings => {
  let file: ReturnType<typeof openFile> | undefined
  let failedAt = -Infinity
  let lastProblem: StoreProblem = { reason: "unavailable", detail: "it was not opened yet" }
  /** The version last read or written here: any other one in the file is another writer's. */
  let known = 0

  const use = <A>(run: (file: ReturnType<typeof openFile>) => A): Result.Result<A, StoreProblem> => {
    if (file === undefined && performance.now() < failedAt + pause) return Result.fail(lastProblem)
    try {
      file ??= openFile(open, name)
      return Result.succeed(run(file))
    } catch (cause) {
      lastProblem = problemOf(cause)
      if (lastProblem.reason !== "busy") {
        failedAt = performance.now()
        try {
          file?.database.close()
        } catch { /* it has failed before */ }
        file = undefined
      }
      return Result.fail(lastProblem)
    }
  }

  return {
    load: () =>
      use(({ load }) => {
        const stored = storedOf(load.get())
        known = stored.version
        return stored
      }),
    save: ({ document, ifVersion, audit }) => {
      const saved = use((file) =>
        inTransaction(file.database, () => {
          if (storedOf(file.load.get()).version !== ifVersion) return undefined
          file.save.run(ifVersion + 1, document)
          file.audit.run(audit.account_id, audit.gateway_id, JSON.stringify(audit))
          file.forget.run()
          return ifVersion + 1
        })
      )
      if (Result.isFailure(saved)) return Result.fail(saved.failure)
      if (saved.success === undefined) {
        return Result.fail({ reason: "conflict", detail: "another writer was first" })
      }
      known = saved.success
      return Result.succeed(saved.success)
    },
    audit: (query) =>
      use((file) => {
        const { page, perPage } = query
        const values = auditValues(query)
        return {
          entries: file.page.all(...values, perPage, (page - 1) * perPage)
            .map(({ entry }) => JSON.parse(String(entry)) as AuditEntry),
          total: Number(file.count.get(...values)?.["total"]),
        }
      }),
    changes: (changed) =>
      every(interval, () => {
        const version = use((file) => storedOf(file.version.get()).version)
        if (Result.isSuccess(version) && version.success !== known) changed()
      }),
    close: () => {
      failedAt = Infinity
      lastProblem = { reason: "unavailable", detail: "the gateway has stopped" }
      try {
        file?.database.close()
      } catch { /* nothing waits for it */ }
      file = undefined
    },
  }
}
