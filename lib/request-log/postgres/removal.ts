/**
 * Takes entries out of the log, with all that belongs to them.
 *
 * @module
 */
import { noCompiling, type PostgresDatabase, type Query } from "../../postgres/database.ts"
import { parameters, type StatementValues } from "../../postgres/statement-values.ts"
import { factsOf, selectFacts } from "./entry-rows.ts"
import { lockGateways } from "./gateway-locks.ts"
import { gatherHourlyRows } from "./rollup-rows.ts"

/** The most entries that leave in one transaction. */
const removedAtOnce = 2000

/** Which entries of a gateway are to leave: what follows `WHERE`, and may order and limit them. */
export type Selecting = (add: StatementValues) => string

/** Removes entries of a gateway within a transaction; gives how many there were. */
const removeSome = async (query: Query, scope: number, selecting: Selecting): Promise<number> => {
  await lockGateways(query, [scope])
  const add = parameters()
  const of = add.one("int4", scope)
  const rows = await query(
    `DELETE FROM basegate.entry WHERE (scope, created, id) IN
       (SELECT scope, created, id FROM basegate.entry WHERE scope = ${of} AND ${selecting(add)})
     RETURNING ${selectFacts}`,
    add.values,
  )
  if (rows.length === 0) return 0
  const hours = gatherHourlyRows(-1)
  for (const row of rows) hours.note(scope, factsOf(row))
  await query(
    "DELETE FROM basegate.detail WHERE (created, id) IN (SELECT * FROM unnest($1::text[]::int8[], $2::text[]))",
    [rows.map(({ created }) => String(created)), rows.map(({ id }) => String(id))],
  )
  await hours.write(query)
  await query("UPDATE basegate.scope SET entries = entries - $1::text::int8 WHERE id = $2::text::int4", [
    String(rows.length),
    String(scope),
  ])
  return rows.length
}

/** Removes the first `limit` entries of a gateway in an order, some at a time; gives how many there were. */
export const removeFirst = async (
  database: PostgresDatabase,
  scope: number,
  limit: number,
  selecting: Selecting,
): Promise<number> => {
  let removed = 0
  while (removed < limit) {
    const most = Math.min(removedAtOnce, limit - removed)
    const some = await database.transaction(async (query) => {
      await query(noCompiling)
      return await removeSome(query, scope, (add) => `${selecting(add)} LIMIT ${most}`)
    })
    removed += some
    if (some < most) break
  }
  return removed
}
