/**
 * Writes entries to Postgres, with every sum kept in step.
 *
 * A transaction that may have been committed can be tried again: an entry that is there already is left as it is.
 *
 * @module
 */
import { type PostgresDatabase, PostgresProblem, type Query } from "../../postgres/database.ts"
import type { LogScope } from "../entry.ts"
import type { Held } from "../memory/held.ts"
import type { LogLimits } from "../memory/memory-log.ts"
import { sliceOf, type TimeSlice } from "../time-slice.ts"
import { detailValues, type NewRow, newRow, rowsText } from "./entry-rows.ts"
import { lockGateways } from "./gateway-locks.ts"
import { type RemovalPlan, removeFirst } from "./removal.ts"
import { makeDayStatistics } from "./day-statistics.ts"
import { gatherHourlyRows } from "./rollup-rows.ts"
import { computedColumns, dayOf, ensureDay, factNames } from "./schema.ts"
import type { Scopes } from "./scopes.ts"

/** Writes; rejects where the database cannot be used. */
export interface LogWriter {
  /** Writes entries; gives how many a full log kept out, or could not be kept. */
  readonly write: (entries: ReadonlyArray<Held>, now: number) => Promise<number>
}

const columns = ["scope", ...factNames, ...Object.keys(computedColumns), "score", "place"]

const insertEntries = `
  INSERT INTO basegate.entry (${columns.join(", ")}, batch)
  SELECT ${columns.join(", ")}, pg_current_xact_id()::text::bigint
  FROM json_populate_recordset(NULL::basegate.entry, $1::text::json)
  ON CONFLICT DO NOTHING RETURNING id`

const insertDetails = `
  INSERT INTO basegate.detail (created, id, record, payloads)
  SELECT created, id, record, nullif(payloads, '')
  FROM unnest($1::text[]::int8[], $2::text[], $3::text[], $4::text[]) AS given(created, id, record, payloads)
  ON CONFLICT DO NOTHING`

/** In the order of their numbers, so that gateways which write at once do not wait for each other in a circle. */
const countEntries = `
  UPDATE basegate.scope SET entries = scope.entries + added.by
  FROM (SELECT scope.id, given.by FROM basegate.scope JOIN json_to_recordset($1::text::json) AS given(id int, by bigint)
        USING (id) ORDER BY scope.id FOR UPDATE OF scope) AS added
  WHERE scope.id = added.id RETURNING scope.id, scope.entries::float8 AS entries`

/** The entries of a slice, the oldest first. */
const oldest = (scope: number, slice: TimeSlice): RemovalPlan => ({
  scope,
  slice,
  first: "oldest",
  selecting: ({ since, until }) => (add) =>
    `created >= ${add.one("int8", since)} AND created < ${add.one("int8", until)} ORDER BY created, id`,
})

/** A gateway with what to write for it. */
interface Batch {
  readonly id: number
  readonly limits: LogLimits
  readonly entries: Array<Held>
}

/** Whether it rejects new ones when it is full. */
const isBounded = ({ limits: { maxEntries, strategy } }: Batch): boolean =>
  strategy === "STOP_INSERTING" && maxEntries !== undefined

/** How many entries gateways have. */
const countsOf = async (
  query: Query,
  batches: ReadonlyArray<Batch>,
): Promise<ReadonlyMap<number, number>> => {
  const rows = await query(
    "SELECT id, entries::float8 AS entries FROM basegate.scope WHERE id = ANY($1::text[]::int4[])",
    [batches.map(({ id }) => String(id))],
  )
  return new Map(rows.map(({ id, entries }) => [Number(id), Number(entries)]))
}

/** The most entries that are too old, and leave to make room for some. */
const removedToMakeRoom = 2000

/** How far below its limit a full log is cut back, so that it is not cut with each entry that comes. */
const slackOf = (most: number): number => most < 1000 ? 0 : Math.floor(most / 100)

/** Prepares to write. */
export const makeWriter = (
  database: PostgresDatabase,
  scopes: Scopes,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
): LogWriter => {
  const days = new Set<number>()
  const noteWritten = makeDayStatistics(database.query)

  /** What is too old to be shown must not keep others out of a log that is full. */
  const makeRoom = async (bounded: ReadonlyArray<Batch>, now: number): Promise<void> => {
    const held = await countsOf(database.query, bounded)
    for (const { id, limits: { maxEntries = Infinity, retention } } of bounded) {
      if (retention === undefined || (held.get(id) ?? 0) < maxEntries) continue
      await removeFirst(database, oldest(id, sliceOf(-Infinity, now - retention)), removedToMakeRoom)
    }
  }
  const insert = async (query: Query, rows: ReadonlyArray<NewRow>): Promise<ReadonlyMap<number, number>> => {
    const ids = new Set(
      (await query(insertEntries, [rowsText(rows.map(({ entry }) => entry))])).map(({ id }) => id),
    )
    const written = rows.filter(({ facts }) => ids.delete(facts.id))
    if (written.length === 0) return new Map()
    await query(insertDetails, detailValues(written))
    const hours = gatherHourlyRows(1)
    const added = new Map<number, number>()
    for (const { scope, facts } of written) {
      hours.note(scope, facts)
      added.set(scope, (added.get(scope) ?? 0) + 1)
    }
    await hours.write(query)
    const counts = await query(countEntries, [
      JSON.stringify([...added].map(([id, by]) => ({ id, by }))),
    ])
    return new Map(counts.map(({ id, entries }) => [Number(id), Number(entries)]))
  }

  const writeTogether = async (batches: ReadonlyArray<Batch>, now: number): Promise<number> => {
    let refused = 0
    const bounded = batches.filter(isBounded)
    if (bounded.length > 0) await makeRoom(bounded, now)
    const counts = await database.transaction(async (query) => {
      refused = 0
      const rows: Array<NewRow> = []
      await lockGateways(query, bounded.map(({ id }) => id))
      const held = bounded.length === 0 ? undefined : await countsOf(query, bounded)
      for (const batch of batches) {
        const room = isBounded(batch)
          ? Math.max(0, (batch.limits.maxEntries ?? Infinity) - (held?.get(batch.id) ?? 0))
          : Infinity
        refused += Math.max(0, batch.entries.length - room)
        for (const held of batch.entries.slice(0, room)) rows.push(newRow(held, batch.id, rows.length))
      }
      return rows.length === 0 ? new Map<number, number>() : await insert(query, rows)
    })
    for (const { id, limits: { maxEntries, strategy } } of batches) {
      const over = (counts.get(id) ?? 0) - (maxEntries ?? Infinity)
      if (over > 0 && strategy !== "STOP_INSERTING") {
        await removeFirst(database, oldest(id, sliceOf(-Infinity, Infinity)), over + slackOf(maxEntries ?? 0))
      }
    }
    return refused
  }

  const batchesOf = async (entries: ReadonlyArray<Held>): Promise<ReadonlyArray<Batch>> => {
    const batches = new Map<string, Batch | undefined>()
    for (const held of entries) {
      const scope: LogScope = { account: held.record.account_id ?? "", gateway: held.record.gateway_id ?? "" }
      const key = `${scope.account}/${scope.gateway}`
      if (!batches.has(key)) {
        const limits = limitsOf(scope.account, scope.gateway)
        batches.set(key, limits && { id: await scopes.open(scope), limits, entries: [] })
      }
      batches.get(key)?.entries.push(held)
    }
    return [...batches.values()].filter((batch) => batch !== undefined)
  }

  const ensureDays = async (entries: ReadonlyArray<Held>): Promise<void> => {
    for (const { created } of entries) {
      const day = dayOf(created)
      if (Number.isNaN(day) || days.has(day)) continue
      await ensureDay(database, day)
      days.add(day)
    }
  }
  const write = async (entries: ReadonlyArray<Held>, now: number): Promise<number> => {
    try {
      await ensureDays(entries)
      const refused = await writeTogether(await batchesOf(entries), now)
      void noteWritten(entries)
      return refused
    } catch (cause) {
      if (!(cause instanceof PostgresProblem) || !cause.isOfData) throw cause
      // Another gateway may have dropped a day.
      days.clear()
      // One that cannot be kept must not keep the others out.
      if (entries.length === 1) return 1
      const half = entries.length >> 1
      return await write(entries.slice(0, half), now) + await write(entries.slice(half), now)
    }
  }

  return { write }
}
