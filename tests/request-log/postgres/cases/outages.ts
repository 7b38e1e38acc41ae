/** What the log does while its database cannot be used. */
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { type PostgresDatabase, PostgresProblem } from "../../../../lib/postgres/database.ts"
import { makePostgresLog } from "../../../../lib/request-log/postgres/engine.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import { recordOf, start } from "../../any-record.ts"
import { type Case, warningsOf } from "../../../support/sqlite-cases.ts"
import { database, emptied, useLog } from "../runtime.ts"

const scope = { account: "account", gateway: "gateway" }
const all = { scope, filters: [], page: 1, perPage: 50 }

interface Failing {
  readonly database: PostgresDatabase
  fail: "never" | "before" | "after"
}

/** A database that fails as it is told: before a transaction, or when it has been committed. */
const failing = (): Failing => {
  const real = database()
  const gone = () => Promise.reject(new PostgresProblem("connection terminated"))
  const broken: Failing = {
    fail: "never",
    database: {
      query: (sql, values) => broken.fail === "before" ? gone() : real.query(sql, values),
      transaction: async (work) => {
        if (broken.fail === "before") return await gone()
        const result = await real.transaction(work)
        return broken.fail === "after" ? await gone() : result
      },
      patiently: real.patiently,
      snapshot: (work) => broken.fail === "before" ? gone() : real.snapshot(work),
      reset: () => {},
      close: () => Promise.resolve(),
    },
  }
  return broken
}

const append = (count: number) =>
  Effect.map(RequestLog, (log) => {
    for (let index = 0; index < count; index++) {
      log.append(recordOf({ time: new Date(start + index).toISOString() }), undefined)
    }
  })
/** Longer than a database that has failed once is left alone. */
const wait = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 300)))

/** While it cannot be used the queue answers; what waited is written once, also if it had been written. */
export const outage: Case = async () => {
  await emptied()
  const broken = failing()
  const warnings = await warningsOf(() =>
    useLog(
      {},
      Effect.gen(function* () {
        const log = yield* RequestLog
        yield* append(10)
        assert.equal((yield* log.list(all)).total, 10)
        broken.fail = "before"
        yield* append(5)
        assert.equal((yield* log.list(all)).total, 5)
        assert.equal((yield* log.health).healthy, false)
        assert.equal((yield* log.health).pending, 5)
        broken.fail = "after"
        yield* wait
        yield* log.flush
        broken.fail = "never"
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 700)))
        assert.equal((yield* log.list(all)).total, 15)
        assert.deepEqual(yield* log.health, {
          kind: "postgres",
          healthy: true,
          hasWorked: true,
          entries: 15,
          pending: 0,
          dropped: 0,
        })
      }),
      (limitsOf) => Promise.resolve(makePostgresLog(broken.database, limitsOf)),
    )
  )
  assert.deepEqual(warnings.map(({ msg }) => msg), [
    "request log is kept in memory until its database can be used",
    "request log is written to its database again",
  ])
}

/** What waits is bounded, and what is given up is counted. */
export const overflow: Case = async () => {
  await emptied()
  const broken = failing()
  broken.fail = "before"
  const warnings = await warningsOf(() =>
    useLog(
      { bounds: { maxEntries: 20 } },
      Effect.gen(function* () {
        const log = yield* RequestLog
        yield* append(50)
        assert.deepEqual(yield* log.health, {
          kind: "memory",
          healthy: false,
          hasWorked: false,
          entries: 20,
          pending: 20,
          dropped: 30,
        })
      }),
      (limitsOf) => Promise.resolve(makePostgresLog(broken.database, limitsOf)),
    )
  )
  assert.ok(warnings.some(({ msg }) => String(msg).startsWith("request log drops its oldest entries")))
  assert.ok(warnings.some(({ entries }) => entries === 20))
}
