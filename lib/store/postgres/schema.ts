/**
 * The tables that counts are kept in.
 *
 * @module
 */
import type { PostgresDatabase } from "../../postgres/database.ts"
import { ensureSchema } from "../../postgres/own-schema.ts"
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

/** Makes the tables and functions if they are not there. */
export const prepareCounts = async ({ query, transaction }: PostgresDatabase): Promise<void> => {
  const isReady = async (): Promise<boolean> => {
    const [row] = await query(
      "SELECT to_regprocedure($1::text) IS NOT NULL AS ready",
      [`basegate.settle_${functionVersion}(json,int[],text,text,bigint)`],
    )
    return row?.["ready"] === true
  }
  if (await isReady()) return
  await transaction(async (query) => {
    await ensureSchema(query)
    for (const statement of [...tables, ...functions]) await query(statement)
  })
}
