/**
 * The tables of the log's file.
 *
 * `entry` holds the fields for filters and orders, with a gateway's entries next to each other in the order of time:
 * any filter is one scan over neighbours and needs no index, each of which would cost more to maintain than the
 * entry. `detail` holds the whole record as JSON, `hourly` and `hourly_token` aggregates of whole hours, and
 * `hourly_division` those by other dimensions, once they have been computed.
 *
 * @module
 */
import type { FilterableFields } from "../filterable-fields.ts"
import { type Database, inTransaction } from "../../sqlite/database.ts"
import { isNewFile, ownFile, pragma } from "../../sqlite/own-file.ts"
import { keptTable } from "./kept-table.ts"
import { tokenTable } from "./token-table.ts"
import { upgrade } from "./upgrade.ts"

const version = 7

const text = "TEXT"
const number = "NUMERIC"

/** The columns of `entry` for facts. */
const factColumns = {
  created: "INTEGER NOT NULL",
  id: "TEXT NOT NULL",
  provider: text,
  model: text,
  deployment: text,
  token: text,
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
  tokens_reasoning: number,
  estimated: "INTEGER NOT NULL DEFAULT 0",
  speed: number,
  rescued: text,
  rescued_from: text,
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
  key_alias: text,
  dynamic_route: text,
  requested_model: text,
  dlp_action: text,
  guardrails_action: text,
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
  ${tokenTable}
  ${keptTable}
  PRAGMA user_version = ${version};
`

const versionOf = (database: Database): number => Number(pragma(database, "user_version"))

/** Whether a database has no log yet. Throws if it is another program's, or has a log of a later version. */
export const checkFile = (database: Database): boolean => {
  isNewFile(database)
  const found = versionOf(database)
  if (found > version) {
    throw new Error(`it was written by a later basegate (its version is ${found}, this one knows ${version})`)
  }
  return found === 0
}

/** Whether a database has a log of an earlier version, which `prepareFile` brings up to date. */
export const isOutdated = (database: Database): boolean => versionOf(database) < version

/**
 * Prepares a database: creates the log's tables if there are none. Throws if it belongs to another program or a later
 * version.
 */
export const prepareFile = (database: Database): void => {
  ownFile(database)
  if (checkFile(database)) inTransaction(database, () => checkFile(database) && database.exec(tables))
  if (versionOf(database) < version) inTransaction(database, () => upgrade(database, versionOf(database)))
}
