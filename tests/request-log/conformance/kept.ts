import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { makeMemoryLog } from "../../../lib/request-log/memory/memory-log.ts"
import type { AnalyticsDivision } from "../../../lib/request-log/analytics-query.ts"
import { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import { recordOf, start } from "../any-record.ts"

const hour = 3_600_000
const scope = { account: "account", gateway: "gateway" }
const hours = 5

const recordAt = (index: number, time: number) =>
  recordOf({
    request_id: `id-${index}`,
    time: new Date(time).toISOString(),
    model: ["a", "b"][index % 2] ?? null,
    cost: index / 1000,
    total_ms: index,
    metadata: index % 5 === 0 ? {} : { team: `t${index % 3}`, user: `user-${index}-${"x".repeat(1100)}` },
  })

const divisions: ReadonlyArray<AnalyticsDivision> = [
  { bucket: hour, by: ["metadata.team"] },
  { bucket: "all", by: ["metadata.team", "model"] },
  { bucket: 2 * hour, by: ["model", "metadata.team", "gateway"] },
  { bucket: "all", by: ["metadata.user"] },
  { bucket: "all", by: [] },
]

/** In how many divisions by team how many hours are kept. */
export const keptHours =
  "SELECT division, count(*) AS hours FROM hourly_division WHERE division LIKE '%team%' GROUP BY 1 ORDER BY 1"

/**
 * Hours that are over are kept in the divisions that were asked for, as long as nothing of them changes.
 *
 * @param readKept what `keptHours` gives
 */
export const keeping = (
  readKept: () => Promise<ReadonlyArray<object>>,
): Effect.Effect<void, never, RequestLog> =>
  Effect.gen(function* () {
    const log = yield* RequestLog
    const memory = makeMemoryLog(() => ({
      maxEntries: undefined,
      strategy: "DELETE_OLDEST",
      retention: undefined,
    }))
    let index = 0
    const append = (time: number) => {
      const record = recordAt(index++, time)
      memory.append(record, undefined, start)
      log.append(record, undefined)
    }
    const kept = Effect.promise(readKept)
    const compare = function* (teams: number) {
      const selection = { ...scope, filters: [], since: start, until: start + hours * hour + 1 }
      const expected = memory.divided(selection, divisions, start)
      // What is read first is what the entries say, and then what was kept of it.
      assert.deepEqual(yield* log.divided(selection, divisions), expected)
      assert.deepEqual(yield* log.divided(selection, divisions), expected)
      // The hours have too many users to be kept.
      assert.deepEqual(yield* kept, [
        { division: '["metadata.team","model"]', hours: teams },
        { division: '["metadata.team"]', hours: teams },
      ])
    }
    for (let each = 0; each < 80 * hours; each++) append(start + each * hour / 80)
    yield* TestClock.setTime(start + (hours - 1) * hour)
    yield* compare(hours - 1)
    yield* TestClock.setTime(start + hours * hour)
    yield* compare(hours)
    append(start + 1.5 * hour)
    yield* log.flush
    assert.deepEqual(((yield* kept)[0] as { hours: number }).hours, hours - 1)
    yield* compare(hours)
    for (const change of [{ metadata: { team: "t9" } }, { feedback: 1 }] as const) {
      assert.ok((yield* log.patch(scope, "id-7", change)) && memory.patch(scope, "id-7", change, start))
      yield* compare(hours)
    }
    const filters = [{ key: "metadata.value", operator: "eq", value: ["t2"] }] as const
    const oldest = { scope, filters, descending: false }
    assert.equal(yield* log.remove(oldest, 20), memory.remove(oldest, 20, start))
    yield* compare(hours)
    yield* log.remove({ scope, filters: [] }, undefined)
    assert.deepEqual(yield* kept, [])
  })
