/** What the log in Postgres keeps, and for how long. */
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { makePostgresLog } from "../../../../lib/request-log/postgres/engine.ts"
import type { LogLimits } from "../../../../lib/request-log/memory/memory-log.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import { dayLength, partName } from "../../../../lib/request-log/postgres/schema.ts"
import { recordOf, start } from "../../any-record.ts"
import type { Case } from "../../../support/sqlite-cases.ts"
import { database, useEmptyLog, useLog } from "../runtime.ts"

const scope = { account: "account", gateway: "gateway" }
const all = { scope, filters: [], page: 1, perPage: 50 }
const at = (milliseconds: number) => new Date(start + milliseconds).toISOString()
const healthy = { kind: "postgres", healthy: true, hasWorked: true, pending: 0 }

/** Appends records a millisecond apart; gives their ids. */
const fill = (count: number, from = 0, gateway = "gateway") =>
  Effect.gen(function* () {
    const log = yield* RequestLog
    const ids: Array<string> = []
    for (let index = 0; index < count; index++) {
      const record = recordOf({ time: at(from + index), gateway_id: gateway })
      ids.push(record.request_id)
      log.append(record, undefined)
    }
    return ids
  })
const idsIn = Effect.flatMap(RequestLog, (log) => log.list(all)).pipe(
  Effect.map(({ entries }) => entries.map((entry) => entry.request_id)),
)
const entriesIn = Effect.flatMap(RequestLog, ({ health }) => health).pipe(
  Effect.map(({ entries }) => entries),
)

/** Entries, bodies and verdicts are there for the next process, and leave nothing behind when they are deleted. */
export const persistence: Case = async () => {
  const record = recordOf({ metadata: { user: "ann", n: 3, odd: "a\0b" }, model: "👩‍💻", path: "/\0\ud83d" })
  const payloads = { request: { text: '{"a": "é\0"}', size: 12, complete: true }, response: null }
  await useEmptyLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      log.append(record, payloads)
      assert.equal(yield* log.patch(scope, record.request_id, { score: 0.5, feedback: 1 }), true)
      yield* fill(1000, 1)
      // What cannot be kept at all does not keep others out.
      log.append(recordOf({ time: "never", request_id: "poison" }), undefined)
    }),
  )
  await useLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      assert.equal((yield* log.list(all)).total, 1001)
      assert.deepEqual(yield* log.get(scope, record.request_id), { ...record, feedback: 1, score: 0.5 })
      assert.deepEqual(yield* log.payload(scope, record.request_id, "request"), payloads.request)
      assert.equal(yield* log.payload(scope, record.request_id, "response"), undefined)
      const elsewhere = { ...scope, gateway: "second" }
      assert.equal(yield* log.get(elsewhere, record.request_id), undefined)
      assert.equal(yield* log.payload(elsewhere, record.request_id, "request"), undefined)
      assert.equal(yield* log.remove({ scope, filters: [] }, undefined), 1001)
      assert.deepEqual(yield* log.health, { ...healthy, entries: 0, dropped: 0 })
    }),
  )
  for (const table of ["entry", "detail"]) {
    assert.deepEqual(await database().query(`SELECT count(*)::int AS rows FROM basegate.${table}`), [{
      rows: 0,
    }])
  }
}

/** Entries wait for 150 ms, and are seen before that. */
export const interval: Case = () =>
  useEmptyLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      yield* fill(3)
      yield* TestClock.adjust(149)
      assert.equal((yield* log.health).pending, 3)
      yield* TestClock.adjust(1)
      while ((yield* log.health).pending > 0) {
        yield* Effect.promise(() => new Promise((done) => setTimeout(done, 5)))
      }
      yield* fill(1, 3)
      assert.equal((yield* log.list(all)).total, 4)
      assert.deepEqual(yield* log.health, { ...healthy, entries: 4, dropped: 0 })
    }),
  )

/** `DELETE_OLDEST` lets the oldest go, `STOP_INSERTING` lets no more in, each for its own gateway. */
export const limits: Case = () => {
  const gateways = {
    "account/gateway": { log_management: 10 },
    "account/second": { log_management: 10, log_management_strategy: "STOP_INSERTING" },
    "account/third": { log_management: null },
  }
  return useEmptyLog(
    { gateways },
    Effect.gen(function* () {
      const log = yield* RequestLog
      const ids = yield* fill(1000)
      assert.deepEqual(yield* idsIn, ids.slice(-10).reverse())
      for (let round = 0; round < 3; round++) {
        yield* fill(7, 10 * round, "second")
        yield* log.flush
      }
      yield* fill(30, 0, "third")
      yield* fill(5, 0, "unknown")
      const totals: Array<number> = []
      for (const gateway of ["gateway", "second", "third"]) {
        totals.push((yield* log.list({ ...all, scope: { ...scope, gateway } })).total)
      }
      assert.deepEqual(totals, [10, 10, 30])
      assert.deepEqual(yield* log.health, { ...healthy, entries: 50, dropped: 11 })
      const ask = { ...scope, filters: [], since: 0, until: 1e13, bucket: 1e13, by: [] }
      assert.equal((yield* log.analytics(ask))[0]?.requests, 10)
    }),
  )
}

/** A full log that takes no more takes some again once what it has is too old. */
export const room: Case = () =>
  useEmptyLog(
    {
      gateways: {
        "*": { log_management: 10, log_management_strategy: "STOP_INSERTING", log_retention: 60 },
      },
    },
    Effect.gen(function* () {
      const log = yield* RequestLog
      yield* fill(10)
      yield* log.flush
      yield* TestClock.adjust(61_000)
      yield* fill(5, 61_000)
      assert.equal((yield* log.list(all)).total, 5)
    }),
  )

/** What is too old is not shown; a day leaves as a whole once nobody keeps it, and of others those who do not. */
export const retention: Case = async () => {
  const day = dayLength
  const gateways = {
    "account/gateway": { log_retention: day / 1000 },
    "account/second": {},
    "account/third": { log_retention: 3 * day / 1000 },
  }
  const limitsOf = (_: string, gateway: string): LogLimits => ({
    maxEntries: undefined,
    strategy: "DELETE_OLDEST",
    retention: { gateway: day, second: undefined, third: 3 * day }[gateway],
  })
  const parts = async () =>
    (await database().query(
      `SELECT relname AS name FROM pg_class WHERE relname LIKE 'entry\\_%' AND relkind = 'r'
       AND relnamespace = 'basegate'::regnamespace`,
    )).map(({ name }) => String(name))
  const days = (...nth: ReadonlyArray<number>) => nth.map((each) => partName("entry", start + each * day))
  await useEmptyLog(
    { gateways },
    Effect.gen(function* () {
      const log = yield* RequestLog
      const [id = ""] = yield* fill(20)
      yield* fill(20, day)
      yield* fill(20, 0, "third")
      yield* log.flush
      yield* TestClock.adjust(day + 5)
      assert.equal((yield* log.list(all)).total, 35)
      assert.equal(yield* log.get(scope, id), undefined)
      assert.equal(yield* log.patch(scope, id, { score: 1 }), false)
      const ask = { ...scope, filters: [], since: 0, until: 1e13, bucket: 3_600_000, by: [] }
      assert.deepEqual((yield* log.analytics(ask)).map(({ requests }) => requests), [15, 20])
      // The first day has ended for one of the two.
      const engine = makePostgresLog(database(), limitsOf)
      yield* Effect.promise(() => engine.maintain(start + 2 * day + 1))
      assert.equal(yield* entriesIn, 40)
      const before = yield* Effect.promise(parts)
      assert.deepEqual(days(0, 1, 3).filter((name) => !before.includes(name)), [])
      yield* Effect.promise(() => engine.maintain(start + 4 * day + 1))
      const left = yield* Effect.promise(parts)
      assert.deepEqual(days(0, 1).filter((name) => left.includes(name)), [])
      assert.deepEqual(days(5).filter((name) => !left.includes(name)), [])
      assert.equal(yield* entriesIn, 0)
    }),
  )
}

/** Writes, and waits until no transaction of the server is older: what one of those may yet write is news later. */
const alone = Effect.gen(function* () {
  yield* (yield* RequestLog).flush
  yield* Effect.promise(async () => {
    const isOver =
      "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > max(batch) AS over FROM basegate.entry"
    while ((await database().query(isOver))[0]?.["over"] !== true) {
      await new Promise((done) => setTimeout(done, 5))
    }
  })
})

/** News are what was written after a place, by whichever process; the gateways with entries are known. */
export const news: Case = () =>
  useEmptyLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      yield* fill(3)
      yield* alone
      const first = yield* log.news(undefined, 10)
      assert.deepEqual(first.entries, [])
      const ids = [...yield* fill(2, 3), ...yield* fill(2, 5, "second")]
      yield* alone
      const next = yield* log.news(first.cursor, 10)
      assert.deepEqual([next.entries.map((entry) => entry.request_id), next.skipped], [ids, 0])
      const last = yield* log.news(first.cursor, 3)
      assert.deepEqual([last.entries.map((entry) => entry.request_id), last.skipped], [ids.slice(1), 1])
      assert.deepEqual((yield* log.news(next.cursor, 10)).entries, [])
      assert.deepEqual(yield* log.places, [scope, { ...scope, gateway: "second" }])
    }),
  )

/** Hours that are merged say what they said before, also where what was least or greatest has left. */
export const merging: Case = () =>
  useEmptyLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      const engine = makePostgresLog(database(), () => undefined)
      for (let round = 0; round < 20; round++) {
        const model = ["a", "b"][round % 2] ?? null
        log.append(
          recordOf({ time: at(round), total_ms: round, cost: round / 7, model, token: "ci" }),
          undefined,
        )
        yield* log.flush
      }
      yield* log.remove({ scope, filters: [{ key: "duration", operator: "gt", value: [17.5] }] }, undefined)
      const ask = Effect.gen(function* () {
        const selection = { ...scope, filters: [], since: start, until: start + 7_200_000 }
        const divisions = [{ bucket: 3_600_000, by: ["model"] }, { bucket: "all", by: ["token"] }] as const
        return [yield* log.list(all), yield* log.divided(selection, divisions)] as const
      })
      const before = yield* ask
      assert.equal(before[0].ranges.duration.max, 17)
      yield* Effect.promise(() => engine.maintain(start))
      assert.deepEqual(yield* ask, before)
      const rows = yield* Effect.promise(() =>
        database().query(
          "SELECT count(*)::int AS rows, bool_and(merged AND NOT stale) AS known FROM basegate.hourly",
        )
      )
      assert.deepEqual(rows, [{ rows: 2, known: true }])
    }),
  )

/** A day that fills is known to the server before its own turn comes. */
export const statistics: Case = () =>
  useEmptyLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      const day = 40 * dayLength
      const known = async () =>
        (await database().query(
          "SELECT attname AS name FROM pg_stats WHERE tablename = $1::text",
          [partName("entry", start + day)],
        )).map(({ name }) => name)
      yield* fill(1000, day)
      yield* log.flush
      yield* Effect.promise(async () => {
        while (!(await known()).includes("created"));
      })
    }),
  )
