import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { makeMemoryLog } from "../../../lib/request-log/memory/memory-log.ts"
import type { AnalyticsDivision } from "../../../lib/request-log/analytics-query.ts"
import type { LogEntry } from "../../../lib/request-log/entry.ts"
import {
  type LogCursor,
  type LogFilter,
  type LogQuery,
  type LogSelection,
  type LogStretch,
  orderKeys,
} from "../../../lib/request-log/query.ts"
import { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import { recordOf, start } from "../any-record.ts"
import type { Case } from "../../support/sqlite-cases.ts"
import type { UseLog } from "./use-log.ts"

const scope = { account: "account", gateway: "gateway" }
/** Texts that an index of parts of words may take for others, each of few entries. */
const odd = ["100%_\\done", "ÉTÉ", "été", "ΣΑΣ", "σας", "x-Ab1-y", "xab1y", "İi", "ﬀ", 'q"uo\te', "a\tb"]

/** Two thirds of the entries in one of six hours, so that it takes several slices; the others before it. */
const recordAt = (index: number, entries: number, hour: number) => {
  const third = entries / 3
  const after = index < third ? index * 5 * hour / third : 5 * hour + (index - third) * hour / (2 * third)
  return recordOf({
    time: new Date(start + Math.floor(after)).toISOString(),
    model: ["a", "b", null][index % 3] ?? null,
    status: index % 40 === 0 ? 529 : 200,
    total_ms: (index * 7919) % 10_007,
    cost: index % 5 === 0 ? null : (index % 100) / 1000,
    tokens_in: index % 500,
    // Most hours have the same greatest, a few a greater one.
    tokens_out: index % 700 === 11 ? index : index % 3,
    token: ["ci", null, "web"][index % 3] ?? null,
    error: index % 60 === 0 ? odd[index / 60 % odd.length] ?? null : null,
    metadata: {
      team: `t${index % 4}`,
      user: index % 90 === 0 ? `${odd[index / 90 % odd.length]}` : `u-${index}`,
    },
  })
}

/** What is searched for: those texts in another case, their parts, and some that nothing or everything has. */
const parts = [
  ...odd.flatMap((text) => [text.toUpperCase().slice(1), text.toLowerCase().slice(0, -1)]),
  ...["_", "-ab", "u-29", "u_29", "U-2999", "o\\t", "0%_\\", "nothing", "baseten"],
]

const is = (key: LogFilter["key"], ...value: LogFilter["value"]): LogFilter => ({
  key,
  operator: "eq",
  value,
})
const above = (key: LogFilter["key"], value: number): LogFilter => ({ key, operator: "gt", value: [value] })
const filtersOf = (hour: number): ReadonlyArray<ReadonlyArray<LogFilter>> => [
  [],
  [is("model", "a")],
  [is("success", false), above("created_at", start + 1.5 * hour)],
  [above("duration", 9900)],
  [is("metadata.key", "team"), is("metadata.value", "t1"), above("created_at", start + 5.5 * hour)],
]
const buckets = [60_000, 3_600_000, "all", { unit: "day", timeZone: "America/St_Johns" }] as const
const divisions: ReadonlyArray<AnalyticsDivision> = buckets.flatMap((bucket) =>
  ([["model", "status"], ["metadata.team"], ["token", "gateway"]] as const).map((by) => ({ bucket, by }))
)

/**
 * Questions to a log of many slices are answered as in memory, before and after some entries were deleted.
 *
 * @param hour how long one is, in milliseconds: longer ones make the entries those of several days
 */
export const many = (useLog: UseLog, count = 30_000, hour = 3_600_000): Case => () => {
  const filters = filtersOf(hour)
  const bounds = { maxEntries: 2 * count, maxBytes: 1e9 }
  return useLog(
    { bounds },
    Effect.gen(function* () {
      const log = yield* RequestLog
      const memory = makeMemoryLog(
        () => ({ maxEntries: undefined, strategy: "DELETE_OLDEST", retention: undefined }),
        bounds,
      )
      for (let index = 0; index < count; index++) {
        const record = recordAt(index, count, hour)
        memory.append(record, undefined, start)
        log.append(record, undefined)
      }
      const compare = function* (query: LogQuery) {
        assert.deepEqual(yield* log.list(query), memory.list(query, start), JSON.stringify(query))
      }
      const compareStretches = function* (selection: LogSelection, expected: ReadonlyArray<LogEntry>) {
        const found: Array<LogEntry> = []
        for (let after: LogCursor | undefined, more = true; more;) {
          const { entries, next }: LogStretch = yield* log.stretch(selection, after, count / 10)
          found.push(...entries)
          after = next
          more = next !== undefined
        }
        assert.deepEqual(found, expected)
      }
      const compareAll = function* () {
        for (const filter of filters) {
          // Memory looks at each of its entries for each question: once for all pages, from either end.
          const all = { scope, filters: filter, page: 1, perPage: 2 * count }
          const { entries: newestFirst, ...tally } = memory.list(all, start)
          for (const descending of [true, false]) {
            const selection = { scope, filters: filter, descending }
            const entries = descending ? newestFirst : newestFirst.toReversed()
            for (const page of [1, 2, Math.ceil(count / 75)]) {
              const query = { ...selection, page, perPage: 50 }
              const expected = { ...tally, entries: entries.slice((page - 1) * 50, page * 50) }
              assert.deepEqual(yield* log.list(query), expected, JSON.stringify(query))
            }
            yield* compareStretches(selection, entries)
          }
        }
        for (const [index, orderBy] of orderKeys.entries()) {
          for (const [page, descending] of [[3, true], [1, true], [2, false]] as const) {
            // Conditions by which hours are known, and others.
            const filter = filters[page === 3 ? 0 : page === 1 ? index % 2 : index % filters.length] ?? []
            yield* compare({
              scope,
              filters: filter,
              page,
              perPage: page === 3 ? 50 : 10,
              orderBy,
              descending,
            })
          }
        }
        const during = { ...scope, filters: [], since: start + hour / 2, until: start + 5.7 * hour }
        const expected = memory.divided(during, divisions, start)
        for (const [index, division] of divisions.entries()) {
          assert.deepEqual(yield* log.analytics({ ...during, ...division }), expected[index])
        }
      }
      const remove = function* (
        filters: ReadonlyArray<LogFilter>,
        limit: number | undefined,
        orderBy: "cost" | "created_at",
      ) {
        const selection = { scope, filters, orderBy, descending: false }
        assert.equal(yield* log.remove(selection, limit), memory.remove(selection, limit, start))
      }
      yield* compareAll()
      // What an index may take for something else is the same of few entries.
      for (const [index, part] of parts.slice(0, Math.ceil(100_000 / count)).entries()) {
        yield* compare({ scope, filters: [], search: part, page: 1, perPage: 5 })
        const key = (["error", "metadata.value", "user_agent"] as const)[index % 3] ?? "error"
        yield* compare({
          scope,
          filters: [{ key, operator: "contains", value: [part] }],
          page: 1,
          perPage: 5,
        })
      }
      yield* remove([is("model", "b")], 2500, "created_at")
      yield* remove([], 1500, "cost")
      yield* remove([is("tokens_in", 7)], undefined, "created_at")
      yield* compareAll()
    }),
  )
}
