/**
 * Lists, single entries and news from Postgres.
 *
 * @module
 */
import type { PostgresDatabase, Row } from "../../postgres/database.ts"
import { parameters } from "../../postgres/statement-values.ts"
import { noTally } from "../aggregates.ts"
import { type Conditions, conditionsOf } from "../conditions.ts"
import type { LogEntry, LogScope, Payload, Payloads } from "../entry.ts"
import type { LogCursor, LogPage, LogQuery, LogSelection, LogStretch, TimeSelection } from "../query.ts"
import { sliceOf, type TimeSlice } from "../time-slice.ts"
import { entryIn } from "./entry-rows.ts"
import { columnOf, whereOf } from "./fragment.ts"
import { tallyOf } from "./list-totals.ts"
import { placeOfPage } from "./page-place.ts"
import { removeFirst, type Selecting } from "./removal.ts"
import type { Scopes } from "./scopes.ts"

/**
 * Reads entries, and removes selected ones. Every method rejects if the database cannot be used. `since` is the time
 * from which entries are shown.
 */
export interface LogReader {
  readonly list: (query: LogQuery, since: number) => Promise<LogPage>
  readonly stretch: (
    selection: TimeSelection,
    after: LogCursor | undefined,
    limit: number,
    since: number,
  ) => Promise<LogStretch>
  readonly get: (scope: LogScope, id: string, since: number) => Promise<LogEntry | undefined>
  readonly payload: (
    scope: LogScope,
    id: string,
    which: keyof Payloads,
    since: number,
  ) => Promise<Payload | undefined>
  readonly remove: (selection: LogSelection, limit: number, since: number) => Promise<number>
  /** The newest `most` of the entries that were written after a batch. */
  readonly after: (batch: number | undefined, most: number) => Promise<{
    readonly entries: ReadonlyArray<LogEntry>
    readonly end: number
    readonly skipped: number
  }>
}

/** A selection of one gateway's log. */
export interface ScopeSelection {
  readonly scope: number
  readonly slice: TimeSlice
  readonly conditions: Conditions
  readonly search: string | undefined
}

const orderOf = ({ orderBy = "created_at", descending = true }: LogSelection): string => {
  const direction = descending ? "DESC NULLS LAST" : "ASC NULLS FIRST"
  return orderBy === "created_at"
    ? `created ${descending ? "DESC" : "ASC"}, id ${descending ? "DESC" : "ASC"}`
    : `${columnOf(orderBy)} ${direction}, id ${descending ? "DESC" : "ASC"}`
}

/** SQL that selects entries of a gateway, in order. */
const selecting =
  ({ slice, conditions, search }: ScopeSelection, selection: LogSelection): Selecting => (add) =>
    `created >= ${add.one("int8", slice.since)} AND created < ${add.one("int8", slice.until)} ` +
    `AND ${whereOf(conditions, search, add)} ORDER BY ${orderOf(selection)}`

const found = "scope, created, id, feedback, score"

/** SQL for the selected entries with their records. */
const withRecords = (rows: string): string =>
  `SELECT found.created::float8 AS created, found.id, record, feedback, score
   FROM (SELECT *, row_number() OVER () AS nth FROM (${rows}) AS chosen) AS found
   JOIN basegate.detail ON detail.created = found.created AND detail.id = found.id ORDER BY nth`

const placeOf = (row: Row): LogCursor => ({ created: Number(row["created"]), id: String(row["id"]) })

/** The part of a slice that follows an entry's time, so that days before it are not read. */
const beyond = ({ since, until }: TimeSlice, created: number, descending: boolean): TimeSlice =>
  descending ? { since, until: Math.min(until, created + 1) } : { since: Math.max(since, created), until }

/** Creates a reader. */
export const makeReader = (database: PostgresDatabase, scopes: Scopes): LogReader => {
  const { query } = database

  const ask = async (
    { scope, filters, search }: Pick<LogSelection, "scope" | "filters" | "search">,
    since: number,
  ): Promise<ScopeSelection | undefined> => {
    const id = await scopes.find(scope)
    if (id === undefined) return undefined
    const conditions = conditionsOf(filters)
    return {
      scope: id,
      slice: sliceOf(Math.max(conditions.since, since), conditions.until),
      conditions,
      search,
    }
  }
  const rowsOf = (asked: ScopeSelection, selection: LogSelection, limit: number, offset: number) =>
    database.snapshot(async (query) => {
      const isByTime = (selection.orderBy ?? "created_at") === "created_at"
      const { slice, skip } = isByTime
        ? await placeOfPage(query, asked, selection.descending ?? true, offset)
        : { slice: asked.slice, skip: offset }
      const add = parameters()
      const scope = add.one("int4", asked.scope)
      const which = selecting({ ...asked, slice }, selection)(add)
      return await query(
        withRecords(
          `SELECT ${found} FROM basegate.entry WHERE scope = ${scope} AND ${which} ` +
            `LIMIT ${add.one("int8", limit)} OFFSET ${add.one("int8", skip)}`,
        ),
        add.values,
      )
    })
  const one = async (
    columns: string,
    scope: LogScope,
    id: string,
    since: number,
  ): Promise<Row | undefined> => {
    const number = await scopes.find(scope)
    if (number === undefined || id.includes("\0")) return undefined
    const [row] = await query(
      `SELECT ${columns} FROM basegate.entry JOIN basegate.detail USING (created, id)
       WHERE entry.id = $1::text AND scope = $2::text::int4 AND entry.created >= $3::text::float8`,
      [id, String(number), String(since)],
    )
    return row
  }

  return {
    list: async (selection, since) => {
      const asked = await ask(selection, since)
      if (asked === undefined) return { ...noTally(), entries: [] }
      const { page, perPage } = selection
      const skip = (page - 1) * perPage
      const tally = await database.snapshot((query) => tallyOf(query, asked))
      // Past the end: finding that no entry is left would take as long as counting them did.
      if (tally.total <= skip) return { ...tally, entries: [] }
      const rows = await rowsOf(asked, selection, perPage, skip)
      return { ...tally, entries: rows.map(entryIn) }
    },
    stretch: async (selection, after, limit, since) => {
      const all = await ask(selection, since)
      if (all === undefined) return { entries: [], next: undefined, from: "postgres" }
      const isDescending = selection.descending ?? true
      const asked = after === undefined
        ? all
        : { ...all, slice: beyond(all.slice, after.created, isDescending) }
      const add = parameters()
      const scope = add.one("int4", asked.scope)
      const sign = isDescending ? "<" : ">"
      const place = after === undefined
        ? ""
        : `(created, id) ${sign} (${add.one("int8", after.created)}, ${add.one("text", after.id)}) AND `
      const which = selecting(asked, selection)(add)
      const rows = await database.snapshot((query) =>
        query(
          withRecords(
            `SELECT ${found} FROM basegate.entry WHERE scope = ${scope} AND ${place}${which} LIMIT ${
              limit + 1
            }`,
          ),
          add.values,
        )
      )
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        entries: rows.slice(0, limit).map(entryIn),
        next: last && placeOf(last),
        from: "postgres",
      }
    },
    get: async (scope, id, since) => {
      const row = await one("record, feedback, score", scope, id, since)
      return row && entryIn(row)
    },
    payload: async (scope, id, which, since) => {
      const row = await one("payloads", scope, id, since)
      const text = row?.["payloads"]
      return typeof text === "string" ? (JSON.parse(text) as Payloads)[which] ?? undefined : undefined
    },
    remove: async (selection, limit, since) => {
      const asked = await ask(selection, since)
      return asked === undefined
        ? 0
        : await removeFirst(database, asked.scope, limit, selecting(asked, selection))
    },
    after: (batch, most) =>
      database.snapshot(async (query) => {
        // Transactions that are still running may have lower numbers than some that have ended. What they write is
        // reported later.
        const [row] = await query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS upto")
        const end = Number(row?.["upto"])
        if (batch === undefined || batch >= end) {
          return { entries: [], end: Math.max(batch ?? 0, end), skipped: 0 }
        }
        const between = `FROM basegate.entry WHERE batch >= ${batch} AND batch < ${end}`
        const rows = await query(
          withRecords(`SELECT ${found} ${between} ORDER BY batch DESC, place DESC LIMIT ${most}`),
        )
        const total = rows.length < most
          ? rows.length
          : Number((await query(`SELECT count(*)::float8 AS n ${between}`))[0]?.["n"])
        return { entries: rows.map(entryIn).reverse(), end, skipped: total - rows.length }
      }),
  }
}
