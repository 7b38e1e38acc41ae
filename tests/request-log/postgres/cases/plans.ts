/** What the server does for a page. */
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { Query } from "../../../../lib/postgres/database.ts"
import { makePostgresLog } from "../../../../lib/request-log/postgres/engine.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import { recordOf } from "../../any-record.ts"
import type { Case } from "../../../support/sqlite-cases.ts"
import { database, emptied, useLog } from "../runtime.ts"

/** A page in the order of time is read from the index that has this order: sorting would read all entries for each page. */
export const plans: Case = async () => {
  await emptied()
  const asked: Array<Parameters<Query>> = []
  const noting = (query: Query): Query => (sql, values = []) => {
    if (/FROM basegate\.entry\s.*ORDER BY .*LIMIT/s.test(sql)) asked.push([sql, values])
    return query(sql, values)
  }
  const shared = database()
  await useLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      for (let index = 0; index < 40; index++) log.append(recordOf({ request_id: `r${index}` }), undefined)
      const scope = { account: "account", gateway: "gateway" }
      for (const descending of [true, false]) {
        yield* log.list({ scope, filters: [], page: 2, perPage: 5, descending })
        const { next } = yield* log.stretch({ scope, filters: [], descending }, undefined, 5)
        yield* log.stretch({ scope, filters: [], descending }, next, 5)
      }
    }),
    (limitsOf) =>
      Promise.resolve(makePostgresLog({
        ...shared,
        close: () => Promise.resolve(),
        snapshot: (work) => shared.snapshot((query) => work(noting(query))),
      }, limitsOf)),
  )
  assert.equal(asked.length, 6)
  await shared.snapshot(async (query) => {
    await query("SET LOCAL enable_sort = off")
    await query("SET LOCAL enable_seqscan = off")
    await query("SET LOCAL enable_bitmapscan = off")
    for (const [sql, values] of asked) {
      const plan = (await query(`EXPLAIN ${sql}`, values)).map((row) => String(row["QUERY PLAN"]))
      assert.doesNotMatch(plan.join("\n"), /Sort/, sql)
    }
  })
}
