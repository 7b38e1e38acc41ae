/**
 * Merges the many rows that gateways add for an hour into one.
 *
 * @module
 */
import type { PostgresDatabase, Query } from "../../postgres/database.ts"
import { addTally, emptyAggregates, noTally, type Tally } from "../aggregates.ts"
import { addHeld, type HeldFigures, hourLength } from "../sqlite/hourly.ts"
import { byKind, kindText } from "../sqlite/rollup-dimensions.ts"
import { rangesOfEntries, tallyIn } from "./list-totals.ts"
import { type HourlyFigures, insertHourly, insertHourlyTokens } from "./rollup-rows.ts"

/** The most hours, of all gateways, that are merged in one transaction. */
const mostHours = 500

/** Only one gateway merges at a time; others skip it meanwhile. */
const mergeLock = "SELECT pg_try_advisory_xact_lock(7088, 2) AS mine"

const kindColumns = byKind.fields.join(", ")

/** The ranges of an hour's kinds, recomputed from its entries. */
const rangesOfHour = async (
  query: Query,
  scope: number,
  hour: number,
): Promise<ReadonlyMap<string, Tally>> => {
  const rows = await query(
    `SELECT ${kindColumns}, ${rangesOfEntries} FROM basegate.entry
     WHERE scope = $1::text::int4 AND created >= $2::text::int8 AND created < $3::text::int8 GROUP BY ${kindColumns}`,
    [String(scope), String(hour), String(hour + hourLength)],
  )
  return new Map(rows.map((row) => [kindText(byKind, row), tallyIn(row, 0)]))
}

const mergeHour = async (
  query: Query,
  table: "hourly" | "hourly_token",
  scope: number,
  hour: number,
): Promise<void> => {
  const rows = await query(
    `DELETE FROM basegate.${table} WHERE scope = $1::text::int4 AND hour = $2::text::int8 RETURNING *`,
    [String(scope), String(hour)],
  )
  const kinds = new Map<string, HourlyFigures>()
  for (const row of rows) {
    const kind = String(row["kind"])
    const found = kinds.get(kind) ??
      { scope, hour, kind, figures: emptyAggregates(), tally: noTally(), stale: false }
    kinds.set(kind, found)
    addHeld(found.figures, JSON.parse(String(row["figures"])) as HeldFigures)
    addTally(found.tally, tallyIn(row, 0))
    if (row["stale"] === true) found.stale = true
  }
  const merged = [...kinds.values()].filter(({ figures }) => figures.requests > 0)
  if (table === "hourly_token") return await insertHourlyTokens(query, merged, true)
  const known = merged.some(({ stale }) => stale) ? await rangesOfHour(query, scope, hour) : undefined
  const rowsNow = merged.map((each) =>
    each.stale ? { ...each, stale: false, tally: known?.get(each.kind) ?? noTally() } : each
  )
  await insertHourly(query, rowsNow, true)
}

/** Merges the rows added since the last time; returns whether there may be more. */
export const mergeHours = async (database: PostgresDatabase): Promise<boolean> => {
  let more = false
  for (const table of ["hourly", "hourly_token"] as const) {
    const found = await database.query(
      `SELECT DISTINCT scope, hour::float8 AS hour FROM basegate.${table} WHERE NOT merged LIMIT ${mostHours}`,
    )
    more ||= found.length === mostHours
    for (const row of found) {
      const isMine = await database.transaction(async (query) => {
        const [lock] = await query(mergeLock)
        if (lock?.["mine"] !== true) return false
        await mergeHour(query, table, Number(row["scope"]), Number(row["hour"]))
        return true
      })
      if (!isMine) return false
    }
  }
  return more
}
