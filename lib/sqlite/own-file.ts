/**
 * The gateway's own SQLite file, which several parts of it keep tables in: each opens the file for itself.
 *
 * @module
 */
import { type Database, inTransaction } from "./database.ts"

/** "bgat": marks the file as a gateway's. */
export const applicationId = 0x62676174

/** The value of a pragma. */
export const pragma = (database: Database, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]

/** Whether a database has no tables yet. Throws if it has, and they are another program's. */
export const isNewFile = (database: Database): boolean => {
  // In this order: another process may be making the tables, and a file that has them has the mark already.
  const isEmpty = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"] === 0
  if (!isEmpty && pragma(database, "application_id") !== applicationId) {
    throw new Error("it is not a request log")
  }
  return isEmpty
}

/**
 * Makes a database the gateway's own, and sets how it writes. Throws if it belongs to another program.
 *
 * With WAL and `synchronous = NORMAL` a process that is killed loses nothing that was committed; a machine that loses
 * power may lose the last commits, and the file stays whole. Writers of other processes are waited for as long as some
 * slices of writing take.
 */
export const ownFile = (database: Database): void => {
  database.exec("PRAGMA busy_timeout = 25; PRAGMA cache_size = -16384")
  const isNew = isNewFile(database)
  // An entry of the log takes some 1.8 kB in all: pages of 8 kB are half the calls to the system that 4 kB are. A
  // megabyte is moved from the WAL at a time, since everything else waits for it.
  if (isNew) database.exec("PRAGMA page_size = 8192")
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 125")
  if (isNew) {
    inTransaction(
      database,
      () => isNewFile(database) && database.exec(`PRAGMA application_id = ${applicationId}`),
    )
  }
}
