/**
 * The part of SQLite that the gateway uses, in the form of `node:sqlite`, which Bun, Deno and Node share.
 *
 * @module
 */

/** A value of SQLite. */
export type Value = string | number | null

/** A row by its columns' names. */
export type Row = Readonly<Record<string, Value>>

/** A prepared statement. */
export interface Statement {
  readonly all: (...values: ReadonlyArray<Value>) => ReadonlyArray<Row>
  readonly get: (...values: ReadonlyArray<Value>) => Row | undefined
  /** Bytes are stored as a blob, which is read back as bytes. */
  readonly run: (...values: ReadonlyArray<Value | Uint8Array>) => {
    readonly changes: number
    readonly lastInsertRowid: number
  }
}

/** An open database. Every method throws if SQLite fails. */
export interface Database {
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => Statement
  readonly close: () => void
  /** Runs something as one transaction, on platforms where statements cannot control transactions. */
  readonly transact?: <A>(run: () => A) => A
}

/** Opens a file, which is created if it does not exist. Throws if it cannot be opened. */
export type OpenDatabase = (file: string) => Database

/** Runs something as one transaction. */
export const inTransaction = <A>(database: Database, run: () => A): A => {
  if (database.transact !== undefined) return database.transact(run)
  database.exec("BEGIN IMMEDIATE")
  try {
    const result = run()
    database.exec("COMMIT")
    return result
  } catch (cause) {
    // Some failures, such as a full disk, have already ended the transaction.
    try {
      database.exec("ROLLBACK")
    } catch { /* the first failure tells more */ }
    throw cause
  }
}
