/**
 * The tables of the log's file.
 *
 * `entry` holds what is filtered and ordered by, a gateway's entries side by side in the order of time: any filter
 * is one scan over neighbours, and needs no index, each of which would cost more to keep than the entry itself.
 * `detail` holds the whole record as JSON, `hourly` the aggregates of whole hours.
 *
 * @module
 */
import type { FilterableFields } from "../filterable-fields.ts"
import { type Database, inTransaction } from "./database.ts"

/** "bgat": marks the file as the log's own. */
const applicationId = 0x62676174
const version = 2

const text = "TEXT"
const number = "NUMERIC"

/** The columns of `entry` that facts are kept in. */
export const factColumns = {
  created: "INTEGER NOT NULL",
  id: "TEXT NOT NULL",
  provider: text,
  model: text,
  status: "INTEGER NOT NULL",
  success: "INTEGER NOT NULL",
  cached: "INTEGER NOT NULL",
  duration: "NUMERIC NOT NULL",
  first_token: number,
  cost: number,
  tokens: number,
  tokens_in: number,
  tokens_out: number,
  tokens_cached: number,
  feedback: number,
  route: text,
  ending: "TEXT NOT NULL",
  authenticated: "INTEGER NOT NULL",
  event_id: "TEXT NOT NULL",
  user_agent: text,
  request_content_type: text,
  response_content_type: text,
  path: "TEXT NOT NULL",
  error: text,
  pairs: "TEXT NOT NULL",
} as const satisfies Record<keyof FilterableFields, string>

/** Their names, in order. */
export const factNames = Object.keys(factColumns) as ReadonlyArray<keyof FilterableFields>

const tables = `
  CREATE TABLE scope (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    gateway TEXT NOT NULL,
    entries INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, gateway)
  );
  CREATE TABLE entry (
    scope INTEGER NOT NULL,
    ${factNames.map((name) => `${name} ${factColumns[name]}`).join(", ")},
    score NUMERIC,
    detail INTEGER NOT NULL,
    PRIMARY KEY (scope, created, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX entry_id ON entry (id);
  CREATE TABLE detail (id INTEGER PRIMARY KEY, record TEXT NOT NULL);
  CREATE TABLE payload (detail INTEGER PRIMARY KEY, payloads TEXT NOT NULL);
  CREATE TABLE hourly (
    scope INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    kind TEXT NOT NULL,
    requests INTEGER NOT NULL,
    ranges TEXT,
    figures TEXT NOT NULL,
    PRIMARY KEY (scope, hour, kind)
  ) WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${version};
`

/** A file of the first version: its hourly rows do not know how many of their entries have no price. */
const toSecond = `
  UPDATE hourly SET figures = json_insert(figures, '$[0][#]', (
    SELECT count(*) FROM entry
    WHERE scope = hourly.scope AND created >= hourly.hour AND created < hourly.hour + 3600000 AND cost IS NULL
      AND json_array(provider, model, status, success, cached) = hourly.kind
  ));
  PRAGMA user_version = 2;
`

const pragma = (database: Database, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]

/** Whether a database is empty. Throws if it is neither empty nor a log of a known version. */
export const checkFile = (database: Database): boolean => {
  // In this order: another process may be making the tables, and a file that has them has the marks by then.
  const isEmpty = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"] === 0
  const [id, found] = [pragma(database, "application_id"), pragma(database, "user_version")]
  if (id === applicationId && Number(found) > version) {
    throw new Error(`it was written by a later basegate (its version is ${found}, this one knows ${version})`)
  }
  if (id !== applicationId && !isEmpty) throw new Error("it is no request log")
  return isEmpty
}

/**
 * Prepares a database: creates its tables if it is empty, and sets how it writes. Throws if it belongs to another program
 * or a later version.
 *
 * With WAL and `synchronous = NORMAL` a process that is killed loses nothing that was committed; a machine that loses
 * power may lose the last commits, and the file stays whole. A writer of another process is waited for as long as a
 * slice of writing takes.
 */
export const prepareFile = (database: Database): void => {
  database.exec("PRAGMA busy_timeout = 5; PRAGMA cache_size = -16384")
  const isEmpty = checkFile(database)
  // An entry takes some 1.8 kB in all: pages of 8 kB are half the calls to the system that 4 kB are. A megabyte is
  // moved from the WAL at a time, since everything else waits for it.
  if (isEmpty) database.exec("PRAGMA page_size = 8192")
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 125")
  if (isEmpty) inTransaction(database, () => checkFile(database) && database.exec(tables))
  const isFirst = () => Number(pragma(database, "user_version")) === 1
  if (isFirst()) inTransaction(database, () => isFirst() && database.exec(toSecond))
}
