/**
 * The part of SQLite that the log uses, as `node:sqlite` has it on Bun, Deno and Node.
 *
 * @module
 */

/** The values of SQLite that the log uses. */
export type Value = string | number | null

/** A row by its columns' names. */
export type Row = Readonly<Record<string, Value>>

/** A statement that has been compiled. */
export interface Statement {
  readonly all: (...values: ReadonlyArray<Value>) => ReadonlyArray<Row>
  readonly get: (...values: ReadonlyArray<Value>) => Row | undefined
  /** Bytes are kept as a blob, which is read as bytes; only what asks for it meets one. */
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
  /** Does all of something or nothing, where that is not for statements to say. */
  readonly transact?: <A>(run: () => A) => A
}

/** Opens a file, which is created if it does not exist. Throws if it cannot be opened. */
export type OpenDatabase = (file: string) => Database

/** Does all of something or nothing. */
export const inTransaction = <A>(database: Database, run: () => A): A => {
  if (database.transact !== undefined) return database.transact(run)
  database.exec("BEGIN IMMEDIATE")
  try {
    const result = run()
    database.exec("COMMIT")
    return result
  } catch (cause) {
    // Some failures, a full disk among them, have ended the transaction already.
    try {
      database.exec("ROLLBACK")
    } catch { /* the first failure tells more */ }
    throw cause
  }
}
