import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { addToSlot, type Histogram, percentilesOf, slotOf } from "../../lib/request-log/histogram.ts"
import { makeMemoryLog } from "../../lib/request-log/memory/memory-log.ts"
import type { AttemptRecord, RequestRecord } from "../../lib/record/request-record.ts"
import { recordOf, start } from "./any-record.ts"

const unlimited = { maxEntries: undefined, strategy: "DELETE_OLDEST", retention: undefined } as const
const minute = 60_000
const at = (milliseconds: number) => new Date(start + milliseconds).toISOString()

test("figures are grouped by time bucket and dimensions, over all gateways of an account", () => {
  const log = makeMemoryLog(() => unlimited)
  const add = (members: Parameters<typeof recordOf>[0]) => log.append(recordOf(members), undefined, start)
  add({ time: at(0), tokens_in: 1, tokens_out: 2, cost: 0.1, metadata: { user: "ann" }, total_ms: 100 })
  add({ time: at(1), tokens_in: 10, cost: 0.2, cached: true, metadata: { user: "ann" }, total_ms: 100 })
  add({ time: at(2), status: 529, gateway_id: "second", metadata: { user: 7 } })
  add({ time: at(minute), ending: "upstream_cut" })
  add({ time: at(2 * minute) })
  add({ account_id: "other" })
  const ask = { account: "account", filters: [], since: start, until: start + 2 * minute, bucket: minute }
  const rows = log.analytics({ ...ask, by: ["metadata.user", "gateway"] }, start)
  assert.deepEqual(rows.map(({ time, group, requests, errors }) => [time - start, group, requests, errors]), [
    [0, { "metadata.user": "7", gateway: "second" }, 1, 1],
    [0, { "metadata.user": "ann", gateway: "gateway" }, 2, 0],
    [minute, { "metadata.user": null, gateway: "gateway" }, 1, 1],
  ])
  const { duration, time_to_first_token, tokens_per_second, ...sums } = rows[1] ?? assert.fail()
  assert.deepEqual(sums, {
    time: start,
    group: { "metadata.user": "ann", gateway: "gateway" },
    requests: 2,
    errors: 0,
    cached: 1,
    tokens_in: 11,
    tokens_out: 2,
    tokens_cached: 0,
    tokens_reasoning: 0,
    cost: 0.3,
    unpriced: 0,
    estimated: 0,
    cost_estimated: 0,
    rescued: 0,
  })
  assert.deepEqual(rows.map(({ cost, unpriced }) => [cost, unpriced]), [[null, 1], [0.3, 0], [null, 1]])
  const both = log.analytics({ ...ask, bucket: 2 * minute, by: [] }, start)
  assert.deepEqual(both.map(({ cost, unpriced }) => [cost, unpriced]), [[0.3, 2]])
  assert.ok(Math.abs((duration.p50 ?? 0) - 100) <= 2)
  assert.deepEqual(time_to_first_token, { p50: null, p90: null, p95: null, p99: null })
  assert.deepEqual(tokens_per_second, time_to_first_token)
  const filtered = log.analytics({
    ...ask,
    gateway: "gateway",
    filters: [{ key: "success", operator: "eq", value: [true] }],
    by: ["cached", "status"],
  }, start)
  assert.deepEqual(filtered.map(({ group, requests }) => [group, requests]), [
    [{ cached: "false", status: "200" }, 1],
    [{ cached: "true", status: "200" }, 1],
  ])
})

test("percentiles are within 2 % of the exact ones", () => {
  const anyTime = fc.double({ min: 0.001, max: 1e8, noNaN: true })
  fc.assert(fc.property(fc.array(anyTime, { minLength: 1, maxLength: 200 }), (times) => {
    const histogram: Histogram = new Map()
    for (const time of times) addToSlot(histogram, slotOf(time), 1)
    const sorted = times.toSorted((one, other) => one - other)
    const percentiles = percentilesOf(histogram)
    for (const [name, share] of [["p50", 0.5], ["p90", 0.9], ["p95", 0.95], ["p99", 0.99]] as const) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0
      assert.ok(
        Math.abs((percentiles[name] ?? 0) - exact) <= 0.02 * exact + 0.0005,
        `${name}: ${percentiles[name]} for ${exact}`,
      )
    }
  }))
})

test("what was rescued, by what and from what; reasoning, estimates and tokens a second", () => {
  const log = makeMemoryLog(() => unlimited)
  const attempt = (status: number | null, error: string | null = null): AttemptRecord => ({
    step: 0,
    attempt: 1,
    provider: "baseten",
    model: "first",
    url: "https://inference.baseten.co/v1/chat/completions",
    status,
    error,
    started_ms: 0,
    duration_ms: 1,
    waited_ms: 0,
    circuit: null,
    span_id: null,
  })
  const add = (members: Partial<RequestRecord>): void => log.append(recordOf(members), undefined, start)
  add({ attempts: [attempt(529), attempt(200)] })
  add({ attempts: [attempt(null, "connect"), attempt(200)], step: 1, model: "second" })
  add({ attempts: [attempt(529), attempt(529)], status: 529, step: 1 })
  add({ attempts: [attempt(200)], cost: 0.5, usage_source: "estimated", tokens_reasoning: 4 })
  add({ cost: 0.25, tokens_out: 50, time_to_first_token_ms: 10, total_ms: 510, ending: "client_left" })
  const ask = { account: "account", filters: [], since: start, until: start + 1000, bucket: "all" } as const
  const rows = log.analytics({ ...ask, by: ["rescued", "rescued_from", "reason"] }, start)
  assert.deepEqual(rows.map(({ group, requests, rescued }) => [group, requests, rescued]), [
    [{ rescued: "fallback", rescued_from: "first: connect", reason: null }, 1, 1],
    [{ rescued: "retry", rescued_from: "first: 529", reason: null }, 1, 1],
    [{ rescued: null, rescued_from: null, reason: "client_left" }, 1, 0],
    [{ rescued: null, rescued_from: null, reason: null }, 2, 0],
  ])
  const [all] = log.analytics({ ...ask, by: [] }, start)
  assert.deepEqual(
    [all?.rescued, all?.estimated, all?.cost, all?.cost_estimated, all?.tokens_reasoning],
    [2, 1, 0.75, 0.5, 4],
  )
  assert.ok(Math.abs((all?.tokens_per_second.p50 ?? 0) - 100) <= 2)
  const found = log.list(
    {
      scope: { account: "account", gateway: "gateway" },
      filters: [{ key: "rescued", operator: "neq", value: [null] }],
      page: 1,
      perPage: 5,
    },
    start,
  )
  assert.equal(found.total, 2)
})
