/**
 * The tables that counts are kept in.
 *
 * @module
 */
import type { PostgresDatabase } from "../../postgres/database.ts"
import { ensureSchema, hasFunction } from "../../postgres/own-schema.ts"
import { functions, functionVersion } from "./functions.ts"

const text = `text COLLATE "C" NOT NULL`

/** Counters change in place as long as their pages have room. */
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

/** Made last: where it is there, all is. */
const lastMade = `settle_${functionVersion}`

/** Makes the tables and functions if they are not there. */
export const prepareCounts = async (database: PostgresDatabase): Promise<void> => {
  if (await hasFunction(database.query, lastMade)) return
  await database.transaction(async (query) => {
    await ensureSchema(query)
    if (await hasFunction(query, lastMade)) return
    for (const statement of [...tables, ...functions]) await query(statement)
  })
}
