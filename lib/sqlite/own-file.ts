/**
 * The gateway's own SQLite file, shared by the parts of it that keep tables. Each opens the file for itself.
 *
 * @module
 */
import { type Database, inTransaction } from "./database.ts"

/** "bgat": marks the file as a gateway's. */
export const applicationId = 0x62676174

/** The value of a pragma. */
export const pragma = (database: Database, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]

/** Whether a database has no tables yet. Throws if it has tables of another program. */
export const isNewFile = (database: Database): boolean => {
  // In this order, since another process may be creating the tables: a file that has tables already has the mark.
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
 * power may lose the last commits, and the file stays whole. Waits for writers of other processes as long as a few
 * slices of writing take.
 */
export const ownFile = (database: Database): void => {
  database.exec("PRAGMA busy_timeout = 25; PRAGMA cache_size = -16384")
  const isNew = isNewFile(database)
  // An entry of the log takes about 1.8 kB in all: pages of 8 kB need half the system calls that pages of 4 kB need.
  // Checkpoints move a megabyte at a time, since everything else waits for them.
  if (isNew) database.exec("PRAGMA page_size = 8192")
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 125")
  if (isNew) {
    inTransaction(
      database,
      () => isNewFile(database) && database.exec(`PRAGMA application_id = ${applicationId}`),
    )
  }
}
