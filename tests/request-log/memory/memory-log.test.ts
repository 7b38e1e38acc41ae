import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"
import { readSettings } from "../../../lib/config/environment.ts"
import { Settings } from "../../../lib/config/Settings.ts"
import { type LogLimits, makeMemoryLog, type MemoryLog } from "../../../lib/request-log/memory/memory-log.ts"
import { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import { anyRecord, recordOf, start } from "../any-record.ts"

const unlimited: LogLimits = { maxEntries: undefined, strategy: "DELETE_OLDEST", retention: undefined }
const scope = { account: "account", gateway: "gateway" }
const all = { scope, filters: [], page: 1, perPage: 50 }
const at = (milliseconds: number) => new Date(start + milliseconds).toISOString()

/** Appends records a millisecond apart; gives their ids. */
const fill = (log: MemoryLog, count: number, from = 0): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => {
    const record = recordOf({ time: at(from + index) })
    log.append(record, undefined, start + from + index)
    return record.request_id
  })
const idsIn = (log: MemoryLog, now = start) => log.list(all, now).entries.map((entry) => entry.request_id)

test("an entry is a record and a verdict, which can be changed", () => {
  const log = makeMemoryLog(() => unlimited)
  const record = recordOf({ metadata: { user: "ann" } })
  log.append(record, undefined, start)
  assert.deepEqual(log.get(scope, record.request_id, start), { ...record, feedback: null, score: null })
  assert.equal(log.patch(scope, record.request_id, { feedback: -1, metadata: { user: "bob" } }, start), true)
  assert.equal(log.patch(scope, record.request_id, { score: 7.5 }, start), true)
  assert.deepEqual(log.get(scope, record.request_id, start), {
    ...record,
    metadata: { user: "bob" },
    feedback: -1,
    score: 7.5,
  })
  assert.equal(log.patch(scope, "unknown", { feedback: 1 }, start), false)
})

test("an entry is seen by its own gateway alone, and one of no gateway is not kept", () => {
  const log = makeMemoryLog((_, gateway) => gateway === "unknown" ? undefined : unlimited)
  const [id = ""] = fill(log, 1)
  assert.equal(log.get({ account: "account", gateway: "second" }, id, start), undefined)
  assert.equal(log.patch({ account: "other", gateway: "gateway" }, id, { score: 1 }, start), false)
  log.append(recordOf({ account_id: null, gateway_id: null }), undefined, start)
  log.append(recordOf({ gateway_id: "unknown" }), undefined, start)
  assert.equal(log.size(), 1)
})

test("bodies are given back, unless they are too large for the memory", () => {
  const log = makeMemoryLog(() => unlimited, { maxBytes: 80_000 })
  const body = (length: number) => ({ text: "x".repeat(length), size: length, complete: true })
  const [small, large] = [recordOf(), recordOf()]
  log.append(small, { request: body(5_000), response: null }, start)
  log.append(large, { request: body(5_000), response: body(1) }, start)
  assert.deepEqual(log.payload(scope, small.request_id, "request", start), body(5_000))
  assert.equal(log.payload(scope, small.request_id, "response", start), undefined)
  assert.equal(log.payload(scope, large.request_id, "request", start), undefined)
  assert.equal(log.size(), 2)
})

test("beyond its bounds the oldest entries of any gateway go, at a steady pace", () => {
  const log = makeMemoryLog(() => unlimited, { maxEntries: 100 })
  const ids = fill(log, 100_000)
  assert.deepEqual(idsIn(log), ids.slice(-50).reverse())
  assert.deepEqual([log.size(), log.counts().evicted], [100, 99_900])
  assert.equal(log.list(all, start).total, 100)

  const small = makeMemoryLog(() => unlimited, { maxBytes: 20_000 })
  fill(small, 100)
  assert.ok(small.size() > 5 && small.size() < 13, `${small.size()} entries`)
})

test("a gateway's own limit lets the oldest go, or lets no more in", () => {
  const log = makeMemoryLog((_, gateway) => ({
    ...unlimited,
    maxEntries: 3,
    strategy: gateway === "gateway" ? "DELETE_OLDEST" : "STOP_INSERTING",
  }))
  const ids = fill(log, 5)
  for (let index = 0; index < 5; index++) log.append(recordOf({ gateway_id: "second" }), undefined, start)
  assert.deepEqual(idsIn(log), ids.slice(2).reverse())
  assert.equal(log.list({ ...all, scope: { ...scope, gateway: "second" } }, start).total, 3)
  assert.deepEqual(log.counts(), { evicted: 0, refused: 2 })
})

test("what is older than the retention is not shown, and leaves when the next entry comes", () => {
  const log = makeMemoryLog(() => ({
    ...unlimited,
    maxEntries: 2,
    strategy: "STOP_INSERTING",
    retention: 10,
  }))
  const [first = "", second] = fill(log, 2)
  assert.deepEqual(idsIn(log, start + 10), [second, first])
  assert.deepEqual(idsIn(log, start + 11), [second])
  assert.equal(log.get(scope, first, start + 11), undefined)
  assert.equal(
    log.analytics({ ...scope, filters: [], since: 0, until: Infinity, bucket: 1e12, by: [] }, start + 11)[0]
      ?.requests,
    1,
  )
  assert.equal(log.size(), 2)
  fill(log, 1, 11)
  assert.equal(log.size(), 2)
})

test("remove() takes the first of a selection", () => {
  const log = makeMemoryLog(() => unlimited)
  const ids = fill(log, 10)
  assert.equal(log.remove({ scope, filters: [], descending: false }, 3, start), 3)
  assert.equal(log.remove({ scope, filters: [] }, 2, start), 2)
  assert.deepEqual(idsIn(log), ids.slice(3, 8).reverse())
  assert.equal(
    log.remove({ scope, filters: [{ key: "id", operator: "eq", value: [ids[4] ?? ""] }] }, undefined, start),
    1,
  )
  assert.equal(log.remove({ scope, filters: [] }, undefined, start), 4)
  assert.deepEqual([log.size(), log.list(all, start).total], [0, 0])
})

test("pages hold each entry once, in a stable order, and tell of all that matched", () => {
  fc.assert(fc.property(
    fc.array(anyRecord, { maxLength: 30 }),
    fc.constantFrom("created_at", "cost", "model", "duration", "model_type"),
    fc.boolean(),
    (records, orderBy, descending) => {
      const log = makeMemoryLog(() => unlimited)
      for (const record of records) log.append(record, undefined, start)
      const query = { scope, filters: [], orderBy, descending, perPage: 7 } as const
      const pages = [1, 2, 3, 4, 5, 6].map((page) => log.list({ ...query, page }, start))
      const entries = pages.flatMap((page) => page.entries)
      const own = records.filter(({ account_id, gateway_id }) =>
        account_id === "account" && gateway_id === "gateway"
      )
      assert.deepEqual(
        entries.map((entry) => entry.request_id).sort(),
        own.map((entry) => entry.request_id).sort(),
      )
      assert.ok(pages.every(({ total }) => total === own.length))
      const whole = log.list({ ...query, descending: !descending, page: 1, perPage: 100 }, start)
      assert.deepEqual(entries.reverse(), whole.entries)
      const times = own.map((record) => record.total_ms)
      assert.deepEqual(
        whole.ranges.duration,
        times.length === 0 ? { min: null, max: null } : { min: Math.min(...times), max: Math.max(...times) },
      )
    },
  ))
})

test("RequestLog.layerMemory goes by Effect's clock and the settings of each gateway", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const log = yield* RequestLog
      log.append(recordOf(), undefined)
      log.append(recordOf({ gateway_id: "unknown" }), undefined)
      assert.equal((yield* log.list(all)).total, 1)
      yield* TestClock.adjust("61 seconds")
      assert.equal((yield* log.list(all)).total, 0)
      assert.deepEqual(yield* log.health, {
        kind: "memory",
        healthy: true,
        hasWorked: true,
        entries: 1,
        pending: 0,
        dropped: 0,
      })
    }).pipe(
      Effect.provide(
        RequestLog.layerMemory().pipe(Layer.provide(Settings.layerOf(Result.getOrThrow(readSettings({
          BASEGATE_CONFIG: JSON.stringify({ gateways: { "account/gateway": { log_retention: 60 } } }),
        }))))),
      ),
      Effect.provide(TestClock.layer()),
    ),
  ))

test("news are what came after a place, the newest of them; deleting brings nothing back", () => {
  const log = makeMemoryLog(() => unlimited, { maxEntries: 6 })
  fill(log, 2)
  const { entries, end } = log.after(undefined, 10)
  assert.deepEqual([entries, end], [[], 2])
  const ids = fill(log, 4, 2)
  const all = log.after(end, 10)
  assert.deepEqual([all.entries.map((entry) => entry.request_id), all.end, all.skipped], [ids, 6, 0])
  const some = log.after(end, 3)
  assert.deepEqual([some.entries.map((entry) => entry.request_id), some.skipped], [ids.slice(1), 1])
  log.remove({ scope, filters: [], descending: true }, 1, start)
  assert.deepEqual(log.after(all.end, 10), { entries: [], end: 6, skipped: 0 })
  assert.deepEqual(log.places(), [scope])
})
