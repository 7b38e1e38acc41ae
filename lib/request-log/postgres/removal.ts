/**
 * Takes entries out of the log, with all that belongs to them.
 *
 * @module
 */
import { noCompiling, type PostgresDatabase, type Query } from "../../postgres/database.ts"
import { parameters, type StatementValues } from "../../postgres/statement-values.ts"
import type { TimeSlice } from "../time-slice.ts"
import { portionsOf } from "./day-slices.ts"
import { factsOf, selectFacts } from "./entry-rows.ts"
import { lockGateways } from "./gateway-locks.ts"
import { gatherHourlyRows } from "./rollup-rows.ts"

/** The most entries that leave in one transaction. */
const removedAtOnce = 2000

/** Which entries of a gateway are to leave. */
export interface RemovalPlan {
  readonly scope: number
  readonly slice: TimeSlice
  /** Those of a slice as SQL, in their order: what follows `WHERE`. */
  readonly selecting: (slice: TimeSlice) => (add: StatementValues) => string
  /** Which of them leave first; in an order that is not of time the slice is not divided, unless all leave. */
  readonly first: "oldest" | "newest" | "other"
}

/** Removes entries of a gateway within a transaction, `most` at a time; gives how many there were. */
const removeSome = async (
  query: Query,
  { scope, selecting }: RemovalPlan,
  slice: TimeSlice,
  most: number,
): Promise<number> => {
  await lockGateways(query, [scope])
  const add = parameters()
  const of = add.one("int4", scope)
  const rows = await query(
    `DELETE FROM basegate.entry
     WHERE created >= ${add.one("int8", slice.since)} AND created < ${add.one("int8", slice.until)}
       AND (scope, created, id) IN (
         SELECT scope, created, id FROM basegate.entry WHERE scope = ${of} AND ${
      selecting(slice)(add)
    } LIMIT ${most}
       )
     RETURNING ${selectFacts}`,
    add.values,
  )
  if (rows.length === 0) return 0
  const hours = gatherHourlyRows(-1)
  for (const row of rows) hours.note(scope, factsOf(row))
  await query(
    `DELETE FROM basegate.detail WHERE (created, id) IN (SELECT * FROM unnest($1::text[]::int8[], $2::text[]))
       AND created >= $3::text::int8 AND created < $4::text::int8`,
    [
      rows.map(({ created }) => String(created)),
      rows.map(({ id }) => String(id)),
      String(slice.since),
      String(slice.until),
    ],
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
  leaving: RemovalPlan,
  limit: number,
): Promise<number> => {
  const { slice, first } = leaving
  const portions = first === "other" && limit !== Infinity ? [slice] : await portionsOf(database.query, slice)
  let removed = 0
  for (const portion of first === "newest" ? portions.toReversed() : portions) {
    for (let isLeft = true; isLeft && removed < limit;) {
      const most = Math.min(removedAtOnce, limit - removed)
      const some = await database.transaction(async (query) => {
        await query(noCompiling)
        return await removeSome(query, leaving, portion, most)
      })
      removed += some
      isLeft = some === most
    }
  }
  return removed
}
