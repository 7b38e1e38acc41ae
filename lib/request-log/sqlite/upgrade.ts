/**
 * Upgrades a file of an earlier version. Must be called within a transaction.
 *
 * @module
 */
import { addAggregates, type Aggregates, emptyAggregates } from "../aggregates.ts"
import type { FilterableFields } from "../filterable-fields.ts"
import type { Database, Row } from "../../sqlite/database.ts"
import { hourlyChanges } from "./hourly-changes.ts"
import { figuresOf, figuresText } from "./hourly.ts"
import { byToken, kindText } from "./rollup-dimensions.ts"
import { keptTable } from "./kept-table.ts"
import { tokenTable } from "./token-table.ts"

/** Hourly rows of the first version lack the number of entries without a price. */
const toSecond = `
  UPDATE hourly SET figures = json_insert(figures, '$[0][#]', (
    SELECT count(*) FROM entry
    WHERE scope = hourly.scope AND created >= hourly.hour AND created < hourly.hour + 3600000 AND cost IS NULL
      AND json_array(provider, model, status, success, cached) = hourly.kind
  ));
  PRAGMA user_version = 2;
`

/** The second version has no columns for tokens and deployments, and its hourly rows do not distinguish them. */
const toThird = `
  ALTER TABLE entry ADD COLUMN deployment TEXT;
  ALTER TABLE entry ADD COLUMN token TEXT;
  UPDATE hourly SET kind = substr(kind, 1, length(kind) - 1) || ',null]';
  ${tokenTable}
  PRAGMA user_version = 3;
`

/** The third version has no columns for the key that a gateway used and the path through a dynamic route. */
const toFourth = `
  ALTER TABLE entry ADD COLUMN key_alias TEXT;
  ALTER TABLE entry ADD COLUMN dynamic_route TEXT;
  UPDATE hourly SET kind = substr(kind, 1, length(kind) - 1) || ',null]';
  PRAGMA user_version = 4;
`

/**
 * The fourth version does not distinguish endings in its hourly rows, and lacks some columns, whose values are
 * unknown for existing entries.
 */
const toFifth = `
  ALTER TABLE entry ADD COLUMN tokens_reasoning NUMERIC;
  ALTER TABLE entry ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entry ADD COLUMN speed NUMERIC;
  ALTER TABLE entry ADD COLUMN rescued TEXT;
  ALTER TABLE entry ADD COLUMN rescued_from TEXT;
  UPDATE hourly SET kind = substr(kind, 1, length(kind) - 1) ||
    CASE WHEN json_extract(kind, '$[3]') = 1 THEN ',"complete"]' ELSE ',null]' END;
  PRAGMA user_version = 5;
`

/**
 * The fifth version has no columns for the actions of policies and guardrails; for existing entries these are only in
 * the records.
 */
const toSixth = `
  ALTER TABLE entry ADD COLUMN dlp_action TEXT;
  ALTER TABLE entry ADD COLUMN guardrails_action TEXT;
  PRAGMA user_version = 6;
`

/** The sixth version has no column for the requested model, and no kept divisions. */
const toSeventh = `
  ALTER TABLE entry ADD COLUMN requested_model TEXT;
  ${keptTable}
  PRAGMA user_version = 7;
`

/** Existing entries have no token. */
const addTokenRows = (database: Database): void => {
  const hours = database.prepare(
    "SELECT scope, hour, json_group_array(figures) AS figures FROM hourly WHERE scope = ? GROUP BY hour",
  )
  const write = database.prepare("INSERT INTO hourly_token VALUES (?, ?, ?, ?, ?)")
  const kind = kindText(byToken, { token: null })
  for (const { id = null } of database.prepare("SELECT id FROM scope").all()) {
    for (const { scope = null, hour = null, figures } of hours.all(id)) {
      const sum: Aggregates = emptyAggregates()
      for (const text of JSON.parse(String(figures)) as ReadonlyArray<string>) {
        addAggregates(sum, figuresOf(text))
      }
      write.run(scope, hour, kind, sum.requests, figuresText(sum))
    }
  }
}

/** The number of entries that are changed in one step. */
const step = 1000

/**
 * Changes entries of all gateways, some at a time. `changed` returns what an entry was counted as, and what it is
 * now.
 */
const recount = (
  database: Database,
  find: string,
  changed: (row: Row) => readonly [FilterableFields, FilterableFields] | undefined,
): void => {
  const read = database.prepare(
    `${find} AND scope = ? AND (created, entry.id) > (?, ?) ORDER BY created, entry.id LIMIT ${step}`,
  )
  const newChanges = hourlyChanges(database)
  for (const { id: scope } of database.prepare("SELECT id FROM scope").all()) {
    let [created, id] = [-8.64e15, ""]
    for (;;) {
      const rows = read.all(Number(scope), created, id)
      const changes = newChanges()
      for (const row of rows) {
        const facts = changed(row)
        if (facts === undefined) continue
        changes.note(Number(scope), facts[0], -1)
        changes.note(Number(scope), facts[1], 1)
      }
      changes.write()
      const last = rows.at(-1)
      if (last === undefined || rows.length < step) break
      created = Number(last["created"])
      id = String(last["id"])
    }
  }
}

/** Requests that succeeded ended as `complete`; for the others the entries are read. */
const addEndings = (database: Database): void =>
  recount(database, "SELECT * FROM entry WHERE success = 0", (row) => {
    const facts = row as unknown as FilterableFields
    return [{ ...facts, ending: null as unknown as string }, facts]
  })

/** Deployments are only in the records. In most files, whose calls went to Model APIs, no record has to be read. */
const addDeployments = (database: Database): void => {
  const set = database.prepare("UPDATE entry SET deployment = ? WHERE id = ?")
  recount(
    database,
    `SELECT entry.*, json_extract(record, '$.deployment') AS found FROM entry JOIN detail ON detail.id = entry.detail
     WHERE (route IS NULL OR route = 'chain' OR route = 'universal' OR route LIKE 'model%' OR route LIKE 'compat%')
       AND instr(record, '"deployment":"') > 0`,
    ({ found, ...row }) => {
      const facts = row as unknown as FilterableFields
      // The caller's text may look like a deployment in the record.
      if (typeof found !== "string") return undefined
      set.run(found, facts.id)
      return [facts, { ...facts, deployment: found }]
    },
  )
}

/** Upgrades a file of the given version; does nothing if it is the latest. */
export const upgrade = (database: Database, version: number): void => {
  if (version === 1) database.exec(toSecond)
  if (version < 3) database.exec(toThird)
  if (version < 4) database.exec(toFourth)
  if (version < 5) database.exec(toFifth)
  if (version < 6) database.exec(toSixth)
  if (version < 7) database.exec(toSeventh)
  if (version > 4) return
  // The following steps change hourly rows, in their newest form.
  addEndings(database)
  if (version > 2) return
  addTokenRows(database)
  addDeployments(database)
}
