/** A log of more days than one statement looks at. */
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { makeMemoryLog } from "../../../../lib/request-log/memory/memory-log.ts"
import type { LogFilter, LogQuery, LogSelection } from "../../../../lib/request-log/query.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import { portionsOf } from "../../../../lib/request-log/postgres/day-slices.ts"
import { dayLength } from "../../../../lib/request-log/postgres/schema.ts"
import { sliceOf } from "../../../../lib/request-log/time-slice.ts"
import { recordOf, start } from "../../any-record.ts"
import type { Case } from "../../../support/sqlite-cases.ts"
import { database, useEmptyLog } from "../runtime.ts"

const scope = { account: "account", gateway: "gateway" }
const keepAll = () => ({ maxEntries: undefined, strategy: "DELETE_OLDEST", retention: undefined }) as const

/** Two entries a day, of which every third has a table; ids of the later half are not the gateway's own. */
const recordAt = (index: number) =>
  recordOf({
    time: new Date(start + Math.floor(index / 2) * 3 * dayLength + index % 7).toISOString(),
    ...index > 60 && { request_id: `own-${index * 7919 % 1009}` },
    model: ["a", "b", null][index % 3] ?? null,
    total_ms: index * 7919 % 31,
    tokens_in: index % 5 === 0 ? null : index * 31 % 17,
    error: index % 4 === 0 ? "timeout" : null,
  })

const filters: ReadonlyArray<ReadonlyArray<LogFilter>> = [
  [],
  [{ key: "model", operator: "eq", value: ["a"] }],
  [{ key: "duration", operator: "gt", value: [20] }],
]

/** It is answered as in memory, and emptied from the end that was asked for. */
export const months: Case = async () => {
  await useEmptyLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      const memory = makeMemoryLog(keepAll)
      const records = Array.from({ length: 126 }, (_, index) => recordAt(index))
      for (const record of records) {
        memory.append(record, undefined, start)
        log.append(record, undefined)
      }
      const compare = function* (query: LogQuery) {
        assert.deepEqual(yield* log.list(query), memory.list(query, start), JSON.stringify(query))
      }
      const compareAll = function* () {
        for (
          const [index, orderBy] of (["created_at", "model", "duration", "tokens_in", "feedback"] as const)
            .entries()
        ) {
          for (const [page, descending] of [[1, true], [2, false], [4, true]] as const) {
            const filter = filters[(index + page) % filters.length] ?? []
            yield* compare({ scope, filters: filter, orderBy, descending, page, perPage: 11 })
          }
        }
        yield* compare({ scope, filters: [], search: "timeout", page: 2, perPage: 13 })
      }
      yield* compareAll()
      const portions = yield* Effect.promise(() => portionsOf(database().query, sliceOf(-Infinity, Infinity)))
      assert.ok(portions.length > 1)
      for (const { request_id: id } of records.slice(57, 65)) {
        assert.deepEqual(yield* log.get(scope, id), memory.get(scope, id, start))
      }
      const patched = records[120]?.request_id ?? ""
      assert.equal(yield* log.patch(scope, patched, { feedback: -1 }), true)
      memory.patch(scope, patched, { feedback: -1 }, start)
      const remove = function* (selection: Omit<LogSelection, "scope">, limit: number) {
        const asked = { scope, ...selection }
        assert.equal(yield* log.remove(asked, limit), memory.remove(asked, limit, start))
      }
      yield* remove({ filters: [], descending: false }, 9)
      yield* remove({ filters: [], descending: true }, 9)
      yield* remove({ filters: filters[1] ?? [], orderBy: "duration", descending: true }, 9)
      yield* compareAll()
    }),
  )
  // The cases after this one have fewer days to look at.
  await database().query("DROP SCHEMA basegate CASCADE")
}
