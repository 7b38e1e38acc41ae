/**
 * Lists, single entries and aggregates from the file, in slices of a few milliseconds.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import { conditionsOf } from "../conditions.ts"
import type { LogEntry, LogScope, Payload, Payloads } from "../entry.ts"
import { addTally, noTally } from "../aggregates.ts"
import type { LogCursor, LogPage, LogQuery, LogSelection, LogStretch, TimeSelection } from "../query.ts"
import type { Database, Row } from "../../sqlite/database.ts"
import { whereOf } from "./fragment.ts"
import { findIds, type Ids } from "./ids.ts"
import { asksOf, byKind } from "./rollup-dimensions.ts"
import type { Resumable } from "./resumable.ts"
import { sliceOf } from "../time-slice.ts"
import { tallies, type TotalsQuery } from "./list-totals.ts"
import { stretches } from "./stretches.ts"

/**
 * Reads from the file. Every method throws if it cannot be read. `since` is the time from which entries are shown.
 */
export interface LogReader {
  readonly list: (query: LogQuery, since: number) => Resumable<LogPage>
  readonly stretch: (
    selection: TimeSelection,
    after: LogCursor | undefined,
    limit: number,
    since: number,
  ) => Resumable<LogStretch>
  readonly get: (scope: LogScope, id: string, since: number) => LogEntry | undefined
  readonly payload: (scope: LogScope, id: string, which: keyof Payloads, since: number) => Payload | undefined
  /** The ids of the first entries of a selection, some at a time; in the order of time if all are wanted. */
  readonly ids: (selection: LogSelection, limit: number, since: number) => Ids
  /** The gateways of an account that have had entries, with their numbers in the file. */
  readonly gateways: (account: string) => ReadonlyArray<{ readonly scope: number; readonly gateway: string }>
  readonly entries: () => number
  /** All gateways that have entries. */
  readonly places: () => ReadonlyArray<LogScope>
  /** The newest `most` of the entries after a given one, by their numbers in the file. */
  readonly after: (detail: number | undefined, most: number) => {
    readonly entries: ReadonlyArray<LogEntry>
    readonly end: number
    readonly skipped: number
  }
}

const entryOf = (row: Row): LogEntry => ({
  // Older entries have no token's name.
  token: null,
  ...JSON.parse(String(row["record"])) as
    & Omit<RequestRecord, "token">
    & Partial<Pick<RequestRecord, "token">>,
  feedback: row["feedback"] as LogEntry["feedback"],
  score: row["score"] as LogEntry["score"],
})

/** Prepares the statements of the reader. */
export const makeReader = (database: Database): LogReader => {
  const find = findIds(database)
  const tally = tallies(database)
  const read = stretches(database, entryOf)
  const from = "FROM entry JOIN scope ON scope.id = entry.scope"
  const where = "WHERE entry.id = ? AND account = ? AND gateway = ? AND created >= ?"
  const scopeId = database.prepare("SELECT id FROM scope WHERE account = ? AND gateway = ?")
  const gateways = database.prepare("SELECT id, gateway FROM scope WHERE account = ?")
  const one = database.prepare(
    `SELECT record, feedback, score ${from} JOIN detail ON detail.id = entry.detail ${where}`,
  )
  const body = database.prepare(`SELECT payloads ${from} JOIN payload USING (detail) ${where}`)
  const sum = database.prepare("SELECT total(entries) AS entries FROM scope")

  const places = database.prepare("SELECT account, gateway FROM scope WHERE entries > 0")
  const newest = database.prepare("SELECT coalesce(max(id), 0) AS id FROM detail")
  // Requests that just ended have no feedback yet.
  const after = database.prepare(
    "SELECT id, record, NULL AS feedback, NULL AS score FROM detail WHERE id > ? ORDER BY id DESC LIMIT ?",
  )

  const ask = ({ scope, filters, search }: LogSelection, since: number): TotalsQuery | undefined => {
    const row = scopeId.get(scope.account, scope.gateway)
    if (row === undefined) return undefined
    const conditions = conditionsOf(filters)
    return {
      scope: Number(row["id"]),
      slice: sliceOf(Math.max(conditions.since, since), conditions.until),
      conditions,
      where: whereOf(conditions, search),
      byKind: asksOf(byKind, conditions, search),
    }
  }
  return {
    list: function* (query, since) {
      const asked = ask(query, since)
      const total = noTally()
      if (asked === undefined) return { ...total, entries: [] }
      const parts = yield* tally(asked)
      for (const part of parts) addTally(total, part.tally)
      const skip = (query.page - 1) * query.perPage
      const ids: Array<string> = []
      if ((query.orderBy ?? "created_at") === "created_at") {
        for (const some of find.byTime(asked, query, parts, skip, query.perPage)) {
          ids.push(...some)
          yield
        }
      } else ids.push(...yield* find.byOrder(asked, query, skip, query.perPage))
      const { account, gateway } = query.scope
      const entries = ids.map((id) => one.get(id, account, gateway, since)).filter((row) => row !== undefined)
      return { ...total, entries: entries.map(entryOf) }
    },
    stretch: function* (selection, after, limit, since) {
      const asked = ask(selection, since)
      if (asked === undefined) return { entries: [], next: undefined, from: "sqlite" }
      return { ...yield* read(asked, selection.descending ?? true, after, limit), from: "sqlite" }
    },
    get: ({ account, gateway }, id, since) => {
      const row = one.get(id, account, gateway, since)
      return row && entryOf(row)
    },
    payload: ({ account, gateway }, id, which, since) => {
      const row = body.get(id, account, gateway, since)
      return row && ((JSON.parse(String(row["payloads"])) as Payloads)[which] ?? undefined)
    },
    ids: function* (selection, limit, since) {
      const asked = ask(selection, since)
      if (asked === undefined) return
      if (limit === Infinity || (selection.orderBy ?? "created_at") === "created_at") {
        return yield* find.byTime(asked, selection, [asked.slice], 0, limit)
      }
      const steps = find.byOrder(asked, selection, 0, limit)
      let step = steps.next()
      for (; !step.done; step = steps.next()) yield []
      yield step.value
    },
    gateways: (account) =>
      gateways.all(account).map((row) => ({ scope: Number(row["id"]), gateway: String(row["gateway"]) })),
    entries: () => Number(sum.get()?.["entries"] ?? 0),
    places: () =>
      places.all().map((row) => ({ account: String(row["account"]), gateway: String(row["gateway"]) })),
    after: (detail, most) => {
      const end = Number(newest.get()?.["id"] ?? 0)
      if (detail === undefined || detail >= end) return { entries: [], end, skipped: 0 }
      const rows = after.all(detail, most)
      const last = Number(rows[0]?.["id"] ?? end)
      return {
        entries: rows.map(entryOf).reverse(),
        end: last,
        skipped: rows.length < most ? 0 : Math.max(0, last - detail - most),
      }
    },
  }
}
