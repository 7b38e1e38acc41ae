/**
 * The SQLite of a Durable Object, in the form in which the gateway uses SQLite elsewhere.
 *
 * An object allows neither pragmas nor transactions by statements (developers.cloudflare.com/durable-objects/api/
 * sqlite-storage-api, 2026-11): transactions are its own, and what tables keep in pragmas has a table here.
 * Statements are compiled once by text, and kept by workerd.
 *
 * @module
 */
import type { Database, Row, Statement, Value } from "../../sqlite/database.ts"
import { applicationId } from "../../sqlite/own-file.ts"

/** The part of an object's storage that is used here. */
export interface ObjectStorage {
  readonly sql: {
    readonly exec: (
      sql: string,
      ...values: ReadonlyArray<Value | Uint8Array>
    ) => { readonly toArray: () => Array<Row> }
    /** In bytes. */
    readonly databaseSize: number
  }
  readonly transactionSync: <A>(run: () => A) => A
  readonly getAlarm: () => Promise<number | null>
  readonly setAlarm: (time: number) => Promise<void>
  readonly deleteAll: () => Promise<void>
}

/** The most values that an object binds. */
const mostBound = 100

/** A value as an SQL literal. */
const literal = (value: Value): string =>
  typeof value === "string"
    ? `'${value.replaceAll("'", "''").replaceAll("\0", "' || char(0) || '")}'`
    : String(value ?? "NULL")

/** The values of a long list of filters are written into the statement itself. */
const withLiterals = (text: string, values: ReadonlyArray<Value>): string => {
  let next = 0
  return text.replaceAll("?", () => literal(values[next++] ?? null))
}

const pragma = /PRAGMA (\w+)(?: = (-?\w+))?;?/g

/** Its database, which belongs to the gateway alone. */
export const objectDatabase = (storage: ObjectStorage): Database => {
  const { sql } = storage
  const version = (): number => {
    sql.exec("CREATE TABLE IF NOT EXISTS version (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
    return Number(sql.exec("SELECT value FROM version").toArray()[0]?.["value"] ?? 0)
  }
  const setVersion = (value: number): void => {
    version()
    sql.exec("INSERT OR REPLACE INTO version VALUES (1, ?)", value)
  }
  const known = (name: string): Row =>
    name === "user_version"
      ? { value: version() }
      : name === "application_id"
      ? { value: applicationId }
      : { value: null }
  const pragmaStatement = (name: string): Statement => ({
    all: () => [known(name)],
    get: () => known(name),
    run: () => ({ changes: 0, lastInsertRowid: 0 }),
  })
  return {
    exec: (text) => {
      const rest = text.replaceAll(pragma, (_, name: string, value: string | undefined) => {
        if (name === "user_version" && value !== undefined) setVersion(Number(value))
        return ""
      })
      if (rest.trim() !== "") sql.exec(rest)
    },
    prepare: (text) => {
      const [, name] = /^PRAGMA (\w+)$/.exec(text) ?? []
      if (name !== undefined) return pragmaStatement(name)
      const all = (...values: ReadonlyArray<Value>): Array<Row> =>
        values.length > mostBound
          ? sql.exec(withLiterals(text, values)).toArray()
          : sql.exec(text, ...values).toArray()
      return {
        all,
        get: (...values) => all(...values)[0],
        run: (...values) => {
          sql.exec(text, ...values)
          const [row] = sql.exec("SELECT changes() AS changes, last_insert_rowid() AS row").toArray()
          return { changes: Number(row?.["changes"]), lastInsertRowid: Number(row?.["row"]) }
        },
      }
    },
    transact: (run) => storage.transactionSync(run),
    close: () => {},
  }
}
