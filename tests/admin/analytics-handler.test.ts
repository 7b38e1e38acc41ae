import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import type { AnalyticsRow } from "../../lib/request-log/analytics-query.ts"
import { someFigures } from "../support/some-figures.ts"
import { assertRefused, withAdmin } from "./some-admin.ts"

const times = { p50: 1, p90: 2, p95: 3, p99: 4 }
const rowAt = (time: number, group: AnalyticsRow["group"]): AnalyticsRow => ({
  ...someFigures({
    requests: 2,
    errors: 1,
    tokens_in: 10,
    tokens_out: 20,
    cost: 0.5,
    duration: times,
    time_to_first_token: times,
  }),
  time,
  group,
})
const since = Date.parse("2026-11-25T00:00:00Z")
const question = `since=${since}&until=2026-11-26&bucket=1h&by=model`

test("analytics are rows by time and group, with totals", () =>
  withAdmin(async (ask, asked) => {
    const { status, body } = await ask(`gateways/g/analytics?${question}`)
    const { time: _time, group: _group, ...figures } = rowAt(0, {})
    assert.equal(status, 200)
    assert.deepEqual(body.result, {
      since: "2026-11-25T00:00:00.000Z",
      until: "2026-11-26T00:00:00.000Z",
      bucket_ms: 3_600_000,
      time_zone: "UTC",
      by: ["model"],
      rows: [{ ...rowAt(since, { model: "m" }), time: "2026-11-25T00:00:00.000Z" }],
      totals: figures,
    })
    const selection = { account: "a", gateway: "g", filters: [], since, until: since + 86_400_000 }
    const query = { ...selection, bucket: 3_600_000, by: ["model"] }
    assert.deepEqual(asked, [["divided", query, [query, { bucket: "all", by: [] }]]])
  }, { analytics: ({ by }) => Effect.succeed([rowAt(since, by.length === 0 ? {} : { model: "m" })]) }))

test("analytics of an account are those of all its gateways; without requests, the totals are nothing", () =>
  withAdmin(async (ask, asked) => {
    const { body } = await ask("analytics?by=gateway")
    const { rows, totals } = body.result as { rows: unknown; totals: Record<string, unknown> }
    assert.deepEqual([rows, totals["requests"], totals["duration"]], [[], 0, {
      p50: null,
      p90: null,
      p95: null,
      p99: null,
    }])
    assert.equal((asked[0]?.[1] as { gateway?: string }).gateway, undefined)
  }))

test("more rows than a chart can show are refused", () =>
  withAdmin(async (ask) => {
    assertRefused(await ask(`analytics?${question}`), [400, 7001], /more than 10000 rows. Widen bucket/)
    assertRefused(await ask("analytics?bucket=1s"), [400, 7001], /buckets/)
  }, {
    analytics: () =>
      Effect.succeed(Array.from({ length: 10_001 }, (_, at) => rowAt(since + at, { model: "m" }))),
  }))
