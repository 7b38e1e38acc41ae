/**
 * Lists, single entries and news from Postgres.
 *
 * @module
 */
import type { PostgresDatabase, Row } from "../../postgres/database.ts"
import { addTally, noTally } from "../aggregates.ts"
import { type Conditions, conditionsOf } from "../conditions.ts"
import type { LogEntry, LogScope, Payload, Payloads } from "../entry.ts"
import type { LogCursor, LogPage, LogQuery, LogSelection, LogStretch, TimeSelection } from "../query.ts"
import { sliceOf, type TimeSlice } from "../time-slice.ts"
import { entryIn } from "./entry-rows.ts"
import { portionsOf } from "./day-slices.ts"
import { type CountedSlice, type SelectionTally, tallyOf } from "./list-totals.ts"
import { readWritten, type WrittenEntries } from "./news.ts"
import { readByTime, readPage, selecting } from "./page-rows.ts"
import { removeFirst } from "./removal.ts"
import { dayLength } from "./schema.ts"
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
  readonly after: (batch: number | undefined, most: number) => Promise<WrittenEntries>
}

/** A selection of one gateway's log. */
export interface ScopeSelection {
  readonly scope: number
  readonly slice: TimeSlice
  readonly conditions: Conditions
  readonly search: string | undefined
  /** Only those that come after it in the order of time. */
  readonly after?: LogCursor | undefined
}

const placeOf = (row: Row): LogCursor => ({ created: Number(row["created"]), id: String(row["id"]) })

/** The days in which an entry is most likely to be if the gateway has made its id (a UUID of version 7); the others are looked at later. */
const daysOfId = (id: string): TimeSlice | undefined => {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id)) return undefined
  const time = parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  return { since: time - dayLength, until: time + dayLength }
}

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
  const count = async (asked: ScopeSelection): Promise<SelectionTally> => {
    const found = { tally: noTally(), counted: [] as Array<CountedSlice> }
    for (const slice of await portionsOf(query, asked.slice)) {
      const { tally, counted } = await database.snapshot((query) => tallyOf(query, { ...asked, slice }))
      addTally(found.tally, tally)
      found.counted.push(...counted)
    }
    return found
  }
  const oneOf = async (
    columns: string,
    scope: number,
    id: string,
    { since, until }: TimeSlice,
  ): Promise<Row | undefined> =>
    (await query(
      `SELECT ${columns} FROM basegate.entry JOIN basegate.detail USING (created, id)
       WHERE entry.id = $1::text AND scope = $2::text::int4
         AND created >= $3::text::int8 AND created < $4::text::int8`,
      [id, String(scope), String(since), String(until)],
    ))[0]
  const one = async (
    columns: string,
    scope: LogScope,
    id: string,
    since: number,
  ): Promise<Row | undefined> => {
    const number = await scopes.find(scope)
    if (number === undefined || id.includes("\0")) return undefined
    const all = sliceOf(since, Infinity)
    const likely = daysOfId(id)
    if (likely !== undefined) {
      const row = await oneOf(columns, number, id, {
        since: Math.max(all.since, likely.since),
        until: likely.until,
      })
      if (row !== undefined) return row
    }
    for (const slice of (await portionsOf(query, all)).toReversed()) {
      const row = await oneOf(columns, number, id, slice)
      if (row !== undefined) return row
    }
    return undefined
  }

  return {
    list: async (selection, since) => {
      const asked = await ask(selection, since)
      if (asked === undefined) return { ...noTally(), entries: [] }
      const { page, perPage } = selection
      const skip = (page - 1) * perPage
      const { tally, counted } = await count(asked)
      // Past the end: finding that no entry is left would take as long as counting them did.
      if (tally.total <= skip) return { ...tally, entries: [] }
      const rows = await readPage(database, asked, selection, counted, { skip, limit: perPage })
      return { ...tally, entries: rows.map(entryIn) }
    },
    stretch: async (selection, after, limit, since) => {
      const all = await ask(selection, since)
      if (all === undefined) return { entries: [], next: undefined, from: "postgres" }
      const isDescending = selection.descending ?? true
      const asked = after === undefined
        ? all
        : { ...all, slice: beyond(all.slice, after.created, isDescending) }
      const rows = await readByTime(database, { ...asked, after }, selection, limit + 1)
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
      if (asked === undefined) return 0
      const { orderBy = "created_at", descending = true } = selection
      const byTime = descending ? "newest" : "oldest"
      return await removeFirst(
        database,
        {
          scope: asked.scope,
          slice: asked.slice,
          selecting: (slice) => selecting(asked, selection, { slices: [slice] }),
          first: orderBy === "created_at" ? byTime : "other",
        },
        limit,
      )
    },
    after: (batch, most) => readWritten(database, batch, most),
  }
}
