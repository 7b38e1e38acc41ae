/**
 * The tables of the log in Postgres, in a schema of their own.
 *
 * `entry` holds the fields for filters and orders, `detail` the record and the bodies, `hourly` and `hourly_token`
 * aggregates of whole hours. Each is partitioned by day (UTC), so that a day that is no longer kept is dropped at
 * once. `hourly_division` keeps aggregates of past hours by other dimensions, once they have been computed.
 *
 * @module
 */
import type { FilterableFields } from "../filterable-fields.ts"
import { type PostgresDatabase, PostgresProblem, type Query } from "../../postgres/database.ts"
import { ensureSchema, hasTable, schemaLock } from "../../postgres/own-schema.ts"
import { type DayIndex, dayIndexes, indexStatement } from "./day-indexes.ts"
import { ensureTrigrams } from "./trigrams.ts"

const version = 2

/** A day in milliseconds. Days are identified by their beginning, since 1970. */
export const dayLength = 86_400_000

/** Text is compared by its bytes, as in memory and in SQLite. */
const text = `text COLLATE "C"`

/** The columns of `entry` for facts. */
const factColumns = {
  created: "bigint NOT NULL",
  id: `${text} NOT NULL`,
  provider: text,
  model: text,
  deployment: text,
  token: text,
  status: "float8 NOT NULL",
  success: "smallint NOT NULL",
  cached: "smallint NOT NULL",
  duration: "float8 NOT NULL",
  first_token: "float8",
  cost: "float8",
  tokens: "float8",
  tokens_in: "float8",
  tokens_out: "float8",
  tokens_cached: "float8",
  tokens_reasoning: "float8",
  estimated: "smallint NOT NULL",
  speed: "float8",
  rescued: text,
  rescued_from: text,
  feedback: "float8",
  route: text,
  ending: `${text} NOT NULL`,
  authenticated: "smallint NOT NULL",
  event_id: `${text} NOT NULL`,
  user_agent: text,
  request_content_type: text,
  response_content_type: text,
  path: `${text} NOT NULL`,
  error: text,
  key_alias: text,
  dynamic_route: text,
  requested_model: text,
  dlp_action: text,
  guardrails_action: text,
  pairs: `${text} NOT NULL`,
} as const satisfies Record<keyof FilterableFields, string>

/** Their names, in order. */
export const factNames = Object.keys(factColumns) as ReadonlyArray<keyof FilterableFields>

/**
 * Computed before an entry is written, so that sums equal those in memory to the digit: the cost in whole dollars and
 * picodollars, and the slots of its times.
 */
export const computedColumns = {
  dollars: "bigint",
  picos: "bigint",
  duration_slot: "int NOT NULL",
  first_token_slot: "int",
  speed_slot: "int",
} as const

/** The ranges of an hour's entries. */
export const rangeColumns = ["cost", "duration", "tokens_in", "tokens_out", "tokens"] as const

/** The tables that are partitioned by day, with the column. */
export const divided = {
  entry: "created",
  detail: "created",
  hourly: "hour",
  hourly_token: "hour",
} as const

const columnsOf = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns).map(([name, type]) => `${name} ${type}`).join(", ")

const rollup = `scope int NOT NULL, hour bigint NOT NULL, kind ${text} NOT NULL, requests bigint NOT NULL,
  figures text NOT NULL, merged boolean NOT NULL`

/** A row is deleted when an entry of its hour is added, changed or removed. Compressing it would take longer than computing it. */
const division = [
  `CREATE TABLE IF NOT EXISTS basegate.hourly_division (
    scope int NOT NULL, hour bigint NOT NULL, division ${text} NOT NULL, requests bigint NOT NULL, cells text NOT NULL,
    PRIMARY KEY (scope, hour, division)
  )`,
  "ALTER TABLE basegate.hourly_division ALTER cells SET STORAGE EXTERNAL",
]

/** `batch` is the transaction that wrote an entry, and `place` the entry's position in it. */
const tables: ReadonlyArray<string> = [
  `CREATE TABLE basegate.scope (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account ${text} NOT NULL,
    gateway ${text} NOT NULL,
    entries bigint NOT NULL DEFAULT 0,
    UNIQUE (account, gateway)
  )`,
  `CREATE TABLE basegate.entry (
    scope int NOT NULL, ${columnsOf(factColumns)}, ${columnsOf(computedColumns)}, score float8,
    batch bigint NOT NULL, place int NOT NULL,
    PRIMARY KEY (scope, created, id)
  ) PARTITION BY RANGE (created)`,
  "CREATE INDEX entry_id ON basegate.entry (id)",
  "CREATE INDEX entry_batch ON basegate.entry (batch)",
  `CREATE TABLE basegate.detail (
    created bigint NOT NULL, id ${text} NOT NULL, record text NOT NULL, payloads text,
    PRIMARY KEY (created, id)
  ) PARTITION BY RANGE (created)`,
  `CREATE TABLE basegate.hourly (
    ${rollup}, stale boolean NOT NULL,
    ${rangeColumns.flatMap((name) => [`min_${name} float8`, `max_${name} float8`]).join(", ")}
  ) PARTITION BY RANGE (hour)`,
  `CREATE TABLE basegate.hourly_token (${rollup}) PARTITION BY RANGE (hour)`,
  ...["hourly", "hourly_token"].flatMap((table) => [
    `CREATE INDEX ${table}_hour ON basegate.${table} (scope, hour)`,
    `CREATE INDEX ${table}_unmerged ON basegate.${table} (scope, hour) WHERE NOT merged`,
  ]),
  ...division,
  "CREATE TABLE basegate.log_version (version int NOT NULL)",
  `INSERT INTO basegate.log_version VALUES (${version})`,
]

const versionIn = async (query: Query): Promise<number> => {
  const [row] = await query("SELECT version FROM basegate.log_version")
  return Number(row?.["version"])
}

/** Adds what tables of an earlier version lack; existing entries have no value for it. */
const upgrade = async (query: Query): Promise<void> => {
  await query(schemaLock)
  if (await versionIn(query) >= version) return
  const columns = Object.entries(factColumns).filter(([, type]) => !type.endsWith("NOT NULL"))
  for (const [name, type] of columns) {
    await query(`ALTER TABLE basegate.entry ADD COLUMN IF NOT EXISTS ${name} ${type}`)
  }
  for (const statement of division) await query(statement)
  await query(`UPDATE basegate.log_version SET version = ${version}`)
}

/** Creates the log's tables if there are none. Rejects if a later version of basegate made them. */
export const prepareSchema = async (database: PostgresDatabase): Promise<void> => {
  const [{ encoding } = {}] = await database.query("SELECT current_setting('server_encoding') AS encoding")
  if (encoding !== "UTF8") throw new Error(`its encoding is ${String(encoding)}, and has to be UTF8`)
  if (!await hasTable(database.query, "log_version")) {
    await database.transaction(async (query) => {
      await ensureSchema(query)
      if (await hasTable(query, "log_version")) return
      for (const table of tables) await query(table)
    })
  }
  const found = await versionIn(database.query)
  if (found < version) await database.transaction(upgrade)
  if (found > version) {
    throw new Error(`it was written by a later basegate (its version is ${found}, this one knows ${version})`)
  }
  await ensureTrigrams(database)
}

/** The day that contains a time. */
export const dayOf = (created: number): number => Math.floor(created / dayLength) * dayLength

/** The name of a day's partition of a table. */
export const partName = (table: keyof typeof divided, day: number): string =>
  `${table}_${Math.round(day / dayLength)}`

/** The day of a partition, by its name. */
export const dayOfPart = (name: string): number => Number(/_(-?\d+)$/.exec(name)?.[1] ?? NaN) * dayLength

/** Creates an index. A failure is rolled back alone: a day needs its table more than an index. */
const makeIndex = async (query: Query, part: string, index: DayIndex): Promise<void> => {
  await query("SAVEPOINT without_index")
  try {
    await query(indexStatement(part, index))
  } catch (cause) {
    if (!(cause instanceof PostgresProblem) || !cause.isRefusal) throw cause
    await query("ROLLBACK TO without_index")
  }
}

/** Creates a day's partitions if they are missing. They are attached once complete, which blocks no reader. */
export const ensureDay = async (database: PostgresDatabase, day: number): Promise<void> => {
  if (await hasTable(database.query, partName("hourly_token", day))) return
  await database.transaction(async (query) => {
    await query(schemaLock)
    if (await hasTable(query, partName("hourly_token", day))) return
    for (const table of Object.keys(divided) as ReadonlyArray<keyof typeof divided>) {
      const part = `basegate."${partName(table, day)}"`
      await query(`CREATE TABLE ${part} (LIKE basegate.${table} INCLUDING DEFAULTS INCLUDING INDEXES)`)
      await query(
        `ALTER TABLE basegate.${table} ATTACH PARTITION ${part} FOR VALUES FROM (${day}) TO (${
          day + dayLength
        })`,
      )
      if (table !== "entry") continue
      for (const index of await dayIndexes(query)) await makeIndex(query, partName(table, day), index)
    }
  })
}
