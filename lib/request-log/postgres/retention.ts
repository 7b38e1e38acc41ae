/**
 * Lets go of days whose entries are too old to be shown.
 *
 * A day that no gateway keeps is dropped; of one that some keep, the others' entries are deleted together.
 *
 * @module
 */
import type { PostgresDatabase, Query } from "../../postgres/database.ts"
import { schemaLock } from "../../postgres/own-schema.ts"
import type { LogLimits } from "../memory/memory-log.ts"
import { hourLength } from "../sqlite/hourly.ts"
import { lockGateways } from "./gateway-locks.ts"
import { forgetHours } from "./hour-locks.ts"
import { knownDays } from "./day-slices.ts"
import { dayLength, divided, partName } from "./schema.ts"
import type { Scopes } from "./scopes.ts"

/**
 * How long each table and row of a day that is dropped may be waited for. Everybody else waits meanwhile; and who reads or
 * writes may have one of them and want another, which Postgres ends after a second (`deadlock_timeout`) by failing either.
 */
const patience = "SET LOCAL lock_timeout = '200ms'"

/** How many entries a day has of each gateway. */
const entriesOf = async (query: Query, day: number): Promise<ReadonlyMap<number, number>> => {
  const rows = await query(
    `SELECT scope, sum(requests)::float8 AS requests FROM basegate."${
      partName("hourly", day)
    }" GROUP BY scope`,
  )
  return new Map(rows.map((row) => [Number(row["scope"]), Number(row["requests"])]))
}

const uncount = async (query: Query, scopes: ReadonlyMap<number, number>): Promise<void> => {
  for (const [id, entries] of [...scopes].sort(([one], [other]) => one - other)) {
    await query("UPDATE basegate.scope SET entries = entries - $1::text::int8 WHERE id = $2::text::int4", [
      String(entries),
      String(id),
    ])
  }
}

const dropDay = (database: PostgresDatabase, day: number): Promise<void> =>
  database.transaction(async (query) => {
    await query(schemaLock)
    await query(patience)
    const parts = (Object.keys(divided) as ReadonlyArray<keyof typeof divided>)
      .map((table) => `basegate."${partName(table, day)}"`)
    await query(`LOCK TABLE ${parts.join(", ")} IN ACCESS EXCLUSIVE MODE`)
    await query(
      "DELETE FROM basegate.hourly_division WHERE hour >= $1::text::int8 AND hour < $2::text::int8",
      [
        String(day),
        String(day + dayLength),
      ],
    )
    await uncount(query, await entriesOf(query, day))
    await query(`DROP TABLE ${parts.join(", ")}`)
  })

const hoursOf = (day: number): ReadonlyArray<number> =>
  Array.from({ length: dayLength / hourLength }, (_, index) => day + index * hourLength)

const deleteOf = (database: PostgresDatabase, day: number, scope: number): Promise<void> =>
  database.transaction(async (query) => {
    const entry = `basegate."${partName("entry", day)}"`
    const of = [String(scope)]
    await lockGateways(query, [scope])
    const [gone] = await query(
      `WITH gone AS (DELETE FROM ${entry} WHERE scope = $1::text::int4 RETURNING created, id),
         emptied AS (
           DELETE FROM basegate."${partName("detail", day)}" AS detail USING gone
           WHERE detail.created = gone.created AND detail.id = gone.id
         )
       SELECT count(*)::float8 AS entries FROM gone`,
      of,
    )
    await forgetHours(query, hoursOf(day).map((hour) => ({ scope, hour })))
    for (const table of ["hourly", "hourly_token"] as const) {
      await query(`DELETE FROM basegate."${partName(table, day)}" WHERE scope = $1::text::int4`, of)
    }
    await uncount(query, new Map([[scope, Number(gone?.["entries"])]]))
  })

/** Lets go of what is too old by now. */
export const expireDays = async (
  database: PostgresDatabase,
  scopes: Scopes,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
  now: number,
): Promise<void> => {
  const past = (await knownDays(database.query)).filter((day) => day + dayLength <= now)
  if (past.length === 0) return
  const retentions = new Map(
    (await scopes.all()).map(({ id, account, gateway }) => [id, limitsOf(account, gateway)?.retention]),
  )
  for (const day of past) {
    const held = [...await entriesOf(database.query, day)].filter(([, entries]) => entries > 0)
    const expired = held.filter(([scope]) => day + dayLength <= now - (retentions.get(scope) ?? Infinity))
    // What ended just now may have begun yesterday.
    if (expired.length === held.length) {
      if (held.length > 0 || day + 2 * dayLength <= now) await dropDay(database, day)
    } else for (const [scope] of expired) await deleteOf(database, day, scope)
  }
}
