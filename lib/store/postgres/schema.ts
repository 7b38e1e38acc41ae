/**
 * The tables for counts.
 *
 * @module
 */
import type { PostgresDatabase } from "../../postgres/database.ts"
import { ensureSchema, hasFunction } from "../../postgres/own-schema.ts"
import { functions, functionVersion } from "./functions.ts"

const text = `text COLLATE "C" NOT NULL`

/** Pages keep free space, so that counters can be updated in place. */
const tables: ReadonlyArray<string> = [
  `CREATE TABLE IF NOT EXISTS basegate.counter (
    gateway ${text}, rule ${text}, period bigint NOT NULL, name ${text}, sum bigint NOT NULL, ends bigint NOT NULL,
    shown text, PRIMARY KEY (gateway, rule, period, name)
  ) WITH (fillfactor = 50)`,
  `CREATE TABLE IF NOT EXISTS basegate.hold (
    gateway ${text}, rule ${text}, name ${text}, lease ${text}, amount bigint NOT NULL, ends bigint NOT NULL,
    PRIMARY KEY (gateway, rule, name, lease)
  )`,
  `CREATE TABLE IF NOT EXISTS basegate.mark (name ${text} PRIMARY KEY, ends bigint NOT NULL)`,
  ...["counter", "hold", "mark"].map((table) =>
    `CREATE INDEX IF NOT EXISTS ${table}_ends ON basegate.${table} (ends)`
  ),
]

/** Created last: if it exists, everything does. */
const lastMade = `settle_${functionVersion}`

/** Creates the tables and functions if they do not exist. */
export const prepareCounts = async (database: PostgresDatabase): Promise<void> => {
  if (await hasFunction(database.query, lastMade)) return
  await database.transaction(async (query) => {
    await ensureSchema(query)
    if (await hasFunction(query, lastMade)) return
    for (const statement of [...tables, ...functions]) await query(statement)
  })
}
