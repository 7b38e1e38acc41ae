/**
 * Lists, single entries and figures from the file, in steps of some milliseconds.
 *
 * @module
 */
import type { RequestRecord } from "../../telemetry/request-record.ts"
import { conditionsOf } from "../conditions.ts"
import type { LogEntry, LogScope, Payload, Payloads } from "../entry.ts"
import { addTally, noTally } from "../figures.ts"
import { compareOperands, compareText } from "../filter.ts"
import type { LogPage, LogQuery, LogSelection } from "../query.ts"
import type { Database, Row } from "./database.ts"
import { columnOf, whereOf } from "./fragment.ts"
import { asksKinds } from "./hourly.ts"
import { type Slice, sliceOf, slicesOf, type Steps } from "./slices.ts"
import { type Asked, type Part, tallies } from "./tallies.ts"

/** Reads; every method throws where the file cannot be read. `since` is the time of the oldest entry to be shown. */
export interface LogReader {
  readonly list: (query: LogQuery, since: number) => Steps<LogPage>
  readonly get: (scope: LogScope, id: string, since: number) => LogEntry | undefined
  readonly payload: (scope: LogScope, id: string, which: keyof Payloads, since: number) => Payload | undefined
  /** The ids of the first entries of a selection, some at a time; in the order of time where all are wanted. */
  readonly ids: (
    selection: LogSelection,
    limit: number,
    since: number,
  ) => Generator<ReadonlyArray<string>, void, void>
  /** The gateways of an account that have had entries, by their numbers in the file. */
  readonly gateways: (account: string) => ReadonlyArray<{ readonly scope: number; readonly gateway: string }>
  readonly entries: () => number
}

const entryOf = (row: Row): LogEntry => ({
  ...JSON.parse(String(row["record"])) as RequestRecord,
  feedback: row["feedback"] as LogEntry["feedback"],
  score: row["score"] as LogEntry["score"],
})

/** A limit as SQLite has it. */
const limited = (limit: number): number => limit === Infinity ? -1 : limit

/** Prepares to read. */
export const makeReader = (database: Database): LogReader => {
  const slices = slicesOf(database)
  const tally = tallies(database)
  const from = "FROM entry JOIN scope ON scope.id = entry.scope"
  const where = "WHERE entry.id = ? AND account = ? AND gateway = ? AND created >= ?"
  const scopeId = database.prepare("SELECT id FROM scope WHERE account = ? AND gateway = ?")
  const gateways = database.prepare("SELECT id, gateway FROM scope WHERE account = ?")
  const one = database.prepare(
    `SELECT record, feedback, score ${from} JOIN detail ON detail.id = entry.detail ${where}`,
  )
  const body = database.prepare(`SELECT payloads ${from} JOIN payload USING (detail) ${where}`)
  const sum = database.prepare("SELECT total(entries) AS entries FROM scope")

  const ask = ({ scope, filters, search }: LogSelection, since: number): Asked | undefined => {
    const row = scopeId.get(scope.account, scope.gateway)
    if (row === undefined) return undefined
    const conditions = conditionsOf(filters)
    return {
      scope: Number(row["id"]),
      slice: sliceOf(Math.max(conditions.since, since), conditions.until),
      conditions,
      where: whereOf(conditions, search),
      byKind: asksKinds(conditions, search),
    }
  }
  const bounds = "FROM entry WHERE scope = ? AND created >= ? AND created < ? AND"
  const ordered = <T extends Slice>(
    parts: ReadonlyArray<T>,
    { descending = true }: LogSelection,
  ): ReadonlyArray<T> => descending ? parts.toReversed() : parts

  /** In the order of time. `skip` entries are passed over, those of whole parts by their tallies. */
  function* idsByTime(
    { scope, where }: Asked,
    selection: LogSelection,
    parts: ReadonlyArray<Slice | Part>,
    skip: number,
    limit: number,
  ): Generator<ReadonlyArray<string>, void, void> {
    const direction = selection.descending ?? true ? "DESC" : "ASC"
    const count = database.prepare(`SELECT count(*) AS found ${bounds} ${where.sql}`)
    const read = database.prepare(
      `SELECT id ${bounds} ${where.sql} ORDER BY created ${direction}, id ${direction} LIMIT ? OFFSET ?`,
    )
    let left = limit
    for (const part of ordered(parts, selection)) {
      if ("tally" in part && part.tally.total <= skip) {
        skip -= part.tally.total
        continue
      }
      for (const { since, until } of ordered(slices(scope, part), selection)) {
        const found = skip > 0 ? Number(count.get(scope, since, until, ...where.values)?.["found"]) : Infinity
        if (found <= skip) {
          skip -= found
          continue
        }
        const rows = read.all(scope, since, until, ...where.values, limited(left), skip)
        skip = 0
        left -= rows.length
        yield rows.map((row) => String(row["id"]))
        if (left <= 0) return
      }
    }
  }

  /** The first entries of each slice hold the first of all. */
  function* idsByOrder(
    { scope, slice, where }: Asked,
    { orderBy = "created_at", descending = true }: LogSelection,
    skip: number,
    limit: number,
  ): Steps<ReadonlyArray<string>> {
    const direction = descending ? "DESC" : "ASC"
    const read = database.prepare(
      `SELECT ${
        columnOf(orderBy)
      } AS key, id ${bounds} ${where.sql} ORDER BY 1 ${direction}, 2 ${direction} LIMIT ?`,
    )
    const order = (one: Row, other: Row): number =>
      (descending ? -1 : 1) *
      (compareOperands(one["key"] ?? null, other["key"] ?? null) ||
        compareText(String(one["id"]), String(other["id"])))
    let best: Array<Row> = []
    for (const { since, until } of slices(scope, slice)) {
      const rows = read.all(
        scope,
        since,
        until,
        ...where.values,
        limited(skip + limit),
      )
      best = [...best, ...rows].sort(order).slice(0, skip + limit)
      yield
    }
    return best.slice(skip).map((row) => String(row["id"]))
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
        for (const some of idsByTime(asked, query, parts, skip, query.perPage)) {
          ids.push(...some)
          yield
        }
      } else ids.push(...yield* idsByOrder(asked, query, skip, query.perPage))
      const { account, gateway } = query.scope
      const entries = ids.map((id) => one.get(id, account, gateway, since)).filter((row) => row !== undefined)
      return { ...total, entries: entries.map(entryOf) }
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
        return yield* idsByTime(asked, selection, [asked.slice], 0, limit)
      }
      const steps = idsByOrder(asked, selection, 0, limit)
      let step = steps.next()
      for (; !step.done; step = steps.next()) yield []
      yield step.value
    },
    gateways: (account) =>
      gateways.all(account).map((row) => ({ scope: Number(row["id"]), gateway: String(row["gateway"]) })),
    entries: () => Number(sum.get()?.["entries"] ?? 0),
  }
}
