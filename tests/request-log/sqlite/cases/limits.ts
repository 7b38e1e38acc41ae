import assert from "node:assert/strict"
import { statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import { recordOf, start } from "../../any-record.ts"
import { type Case, inFolder, open } from "../../../support/sqlite-cases.ts"
import { useLog } from "../runtime.ts"

const scope = { account: "account", gateway: "gateway" }
const all = { scope, filters: [], page: 1, perPage: 50 }
const at = (milliseconds: number) => new Date(start + milliseconds).toISOString()

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

/** Entries, bodies and verdicts are there after the file was closed and opened again. */
export const persistence: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    const record = recordOf({ metadata: { user: "ann", n: 3 }, attempts: [], model: "👩‍💻" })
    const payloads = { request: { text: '{"a": "é"}', size: 11, complete: true }, response: null }
    await useLog(
      { file },
      Effect.gen(function* () {
        const log = yield* RequestLog
        log.append(record, payloads)
        assert.equal(yield* log.patch(scope, record.request_id, { score: 0.5, feedback: 1 }), true)
        yield* fill(1000, 1)
      }),
    )
    assert.equal(statSync(file).mode & 0o777, 0o600)
    await useLog(
      { file },
      Effect.gen(function* () {
        const log = yield* RequestLog
        assert.equal((yield* log.list(all)).total, 1001)
        assert.deepEqual(yield* log.get(scope, record.request_id), { ...record, feedback: 1, score: 0.5 })
        assert.deepEqual(yield* log.payload(scope, record.request_id, "request"), payloads.request)
        assert.equal(yield* log.payload(scope, record.request_id, "response"), undefined)
        assert.equal(yield* log.get({ ...scope, gateway: "second" }, record.request_id), undefined)
        assert.equal(
          yield* log.payload({ ...scope, account: "second" }, record.request_id, "request"),
          undefined,
        )
        assert.equal(yield* log.remove({ scope, filters: [] }, undefined), 1001)
        assert.deepEqual(yield* log.health, {
          kind: "sqlite",
          healthy: true,
          hasWorked: true,
          entries: 0,
          pending: 0,
          dropped: 0,
        })
      }),
    )
    const database = open(file)
    for (const table of ["entry", "detail", "payload", "hourly"]) {
      assert.equal(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.["rows"], 0, table)
    }
    database.close()
  })

/** Entries wait for 200 ms, and are seen before that. */
export const interval: Case = () =>
  inFolder((folder) => {
    const file = join(folder, "log.db")
    return useLog(
      { file },
      Effect.gen(function* () {
        const log = yield* RequestLog
        yield* fill(3)
        assert.equal((yield* log.health).pending, 3)
        yield* TestClock.adjust(199)
        assert.equal((yield* log.health).pending, 3)
        yield* TestClock.adjust(1)
        assert.equal((yield* log.health).pending, 0)
        yield* fill(1, 3)
        assert.equal((yield* log.list(all)).total, 4)
        yield* fill(1, 4)
        yield* TestClock.adjust(200)
        assert.deepEqual(yield* log.health, {
          kind: "sqlite",
          healthy: true,
          hasWorked: true,
          entries: 5,
          pending: 0,
          dropped: 0,
        })
      }),
    )
  })

/** `DELETE_OLDEST` lets the oldest go, `STOP_INSERTING` lets no more in, each for its own gateway. */
export const limits: Case = () => {
  const gateways = {
    "account/gateway": { log_management: 10 },
    "account/second": { log_management: 10, log_management_strategy: "STOP_INSERTING" },
    "account/third": { log_management: null },
  }
  return useLog(
    { file: ":memory:", gateways },
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
      const totalOf = (gateway: string) =>
        Effect.map(log.list({ ...all, scope: { ...scope, gateway } }), ({ total }) => total)
      assert.deepEqual([yield* totalOf("gateway"), yield* totalOf("second"), yield* totalOf("third")], [
        10,
        10,
        30,
      ])
      assert.deepEqual(yield* log.health, {
        kind: "sqlite",
        healthy: true,
        hasWorked: true,
        entries: 50,
        pending: 0,
        dropped: 11,
      })
      const [row] = yield* log.analytics({
        ...scope,
        filters: [],
        since: 0,
        until: 1e13,
        bucket: 1e13,
        by: [],
      })
      assert.equal(row?.requests, 10)
    }),
  )
}

/** A lower limit is reached in steps, since each takes time. */
export const lowered: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    await useLog({ file }, fill(2000))
    await useLog(
      { file, gateways: { "*": { log_management: 10 } } },
      Effect.gen(function* () {
        const log = yield* RequestLog
        for (
          const [left, time] of [[1801, 2000], [1602, 2001], [1403, 2002]] as const
        ) {
          yield* fill(1, time)
          assert.equal((yield* log.list(all)).total, left)
        }
      }),
    )
  })

/** What is too old is not shown, and leaves when anything is written, whichever gateway it belongs to. */
export const retention: Case = () => {
  const gateways = { "account/gateway": { log_retention: 60 }, "account/second": {} }
  return useLog(
    { file: ":memory:", gateways },
    Effect.gen(function* () {
      const log = yield* RequestLog
      const [id = ""] = yield* fill(2000)
      yield* TestClock.adjust(61_000)
      assert.equal((yield* log.list(all)).total, 1000)
      assert.equal((yield* log.health).entries, 1800)
      const ask = { ...scope, filters: [], since: 0, until: 1e13, bucket: 3_600_000, by: [] }
      assert.equal((yield* log.analytics(ask))[0]?.requests, 1000)
      assert.equal(yield* log.get(scope, id), undefined)
      assert.equal(yield* log.patch(scope, id, { score: 1 }), false)
      assert.equal((yield* log.health).entries, 1200)
      yield* TestClock.adjust(60_000)
      for (let round = 0; round < 14; round++) {
        yield* fill(1, 70_000, "second")
        yield* log.flush
      }
      assert.equal((yield* log.health).entries, 14)
    }),
  )
}

/** News are what was written after a place, by whichever process; the gateways with entries are known. */
export const news: Case = () =>
  inFolder((folder) => {
    const file = join(folder, "log.db")
    return useLog(
      { file },
      Effect.gen(function* () {
        const log = yield* RequestLog
        yield* fill(3)
        const first = yield* log.news(undefined, 10)
        assert.deepEqual(first.entries, [])
        const ids = [...yield* fill(2, 3), ...yield* fill(2, 5, "second")]
        const next = yield* log.news(first.cursor, 10)
        assert.deepEqual([next.entries.map((entry) => entry.request_id), next.skipped], [ids, 0])
        const last = yield* log.news(first.cursor, 3)
        assert.deepEqual([last.entries.map((entry) => entry.request_id), last.skipped], [ids.slice(1), 1])
        assert.deepEqual((yield* log.news(next.cursor, 10)).entries, [])
        assert.deepEqual(yield* log.places, [scope, { ...scope, gateway: "second" }])
      }),
    )
  })
