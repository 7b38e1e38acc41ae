/** What the console needs of the management API beside Cloudflare's: accounts, the status, figures together, the tail. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { createGateway } from "../../mod.ts"
import type { LogNews } from "../../lib/request-log/query.ts"
import type { AnalyticsQuery, AnalyticsRow } from "../../lib/request-log/analytics-query.ts"
import { someFigures } from "../support/some-figures.ts"
import { adminToken, assertRefused, withAdmin } from "./some-admin.ts"
import { entryOf, someLog } from "./some-log.ts"

const authorization = `Bearer ${adminToken}`

test("accounts are those with entries in the settings or in the log, each with its gateways", () =>
  withAdmin(
    async (ask) => {
      const { body } = await ask("/client/v4/accounts")
      assert.deepEqual(body.result, [
        { id: "a", name: "a", type: "standard", gateways: ["g", "h"] },
        { id: "b", name: "b", type: "standard", gateways: ["x"] },
      ])
    },
    {
      places: Effect.succeed([
        { account: "b", gateway: "x" },
        { account: "a", gateway: "h" },
        { account: "a", gateway: "g" },
      ]),
    },
    { BASEGATE_CONFIG: { gateways: { "a/g": {}, "*": {} } } },
  ))

test("a removed gateway that is still in the log is not listed", () =>
  withAdmin(
    async (ask) =>
      assert.deepEqual((await ask("/client/v4/accounts")).body.result, [
        { id: "a", name: "a", type: "standard", gateways: ["g"] },
      ]),
    { places: Effect.succeed([{ account: "a", gateway: "gone" }]) },
    { BASEGATE_CONFIG: { gateways: { "a/g": {} } } },
  ))

test("the status says what runs, which settings are in force, and the state of the log", () =>
  withAdmin(async (ask) => {
    const { version, runtime, settings, in_flight, log, started_at, limits, circuits, exports } =
      (await ask("status")).body
        .result as Record<string, unknown>
    assert.match(`${version}`, /^\d/)
    assert.match(`${runtime}`, /^Node/)
    assert.ok(Date.parse(`${started_at}`) <= Date.now())
    assert.equal((settings as { version: number }).version, 1)
    assert.equal(in_flight, 0)
    assert.deepEqual(log, { kind: "memory", healthy: true, entries: 0, pending: 0, dropped: 0 })
    assert.deepEqual([circuits, exports, (limits as { store: unknown }).store], [[], [], null])
  }))

const row = (group: AnalyticsRow["group"], requests: number): AnalyticsRow => ({
  ...someFigures({ requests, unpriced: requests }),
  time: 0,
  group,
})

test("figures come with those of the previous period, and grouped in several ways, in one answer", () => {
  const queries: Array<AnalyticsQuery> = []
  return withAdmin(async (ask) => {
    const { body } = await ask(
      "analytics?since=2026-11-25T00:00:00Z&until=2026-11-26T00:00:00Z&compare=previous" +
        "&breakdown=model,model*cached&series=ending,gateway*model",
    )
    const { previous, breakdowns, series } = body.result as {
      previous: { since: string; until: string; totals: { requests: number } }
      breakdowns: Record<string, { rows: ReadonlyArray<AnalyticsRow>; more: number }>
      series: Record<string, ReadonlyArray<{ time: string }>>
    }
    assert.deepEqual([previous.since, previous.until, previous.totals.requests], [
      "2026-11-24T00:00:00.000Z",
      "2026-11-25T00:00:00.000Z",
      7,
    ])
    assert.deepEqual(Object.keys(breakdowns), ["model", "model*cached"])
    const { rows, more } = breakdowns["model"] ?? { rows: [], more: -1 }
    assert.deepEqual([rows.length, more, rows[0]?.requests], [50, 10, 60])
    assert.deepEqual(Object.entries(series).map(([name, { length }]) => [name, length]), [
      ["ending", 60],
      ["gateway*model", 60],
    ])
    assert.equal(series["ending"]?.[0]?.time, "1970-01-01T00:00:00.000Z")
    assert.deepEqual(queries.map(({ by, bucket }) => [by, bucket === "all"]), [
      [[], false],
      [[], true],
      [["model"], true],
      [["model", "cached"], true],
      [["ending"], false],
      [["gateway", "model"], false],
      [[], true],
    ])
  }, {
    analytics: (query) => {
      queries.push(query)
      return Effect.succeed(
        query.by.length === 0
          ? [row({}, 7)]
          : Array.from({ length: 60 }, (_, index) => row({ model: `m${index}` }, index + 1)),
      )
    },
  })
})

test("an unknown comparison or grouping is refused", () =>
  withAdmin(async (ask) => {
    for (
      const odd of [
        "compare=next",
        "breakdown=moon",
        "breakdown=model*cached*status",
        "breakdown=a,b,c,d,e,f,g,h,i",
        "series=moon",
        "series=model,status,token,gateway,ending",
      ]
    ) {
      assertRefused(await ask(`analytics?${odd}`), [400, 7001], /compare|breakdown|series/)
    }
  }))

/** A gateway whose log has these news, and a way to read its tail. */
const withNews = async (
  news: ReadonlyArray<LogNews>,
  use: (open: (search?: string) => Promise<Response>) => Promise<void>,
): Promise<void> => {
  const nothing = { entries: [], cursor: { file: 0, memory: 0 }, skipped: 0 }
  let turn = 0
  const gateway = createGateway({
    env: { BASEGATE_ADMIN_TOKEN: adminToken, LOG_LEVEL: "none" },
    log: someLog([], {
      news: (after) => Effect.sync(() => after === undefined ? nothing : news[turn++] ?? nothing),
    }),
  })
  try {
    await use((search = "") =>
      gateway.fetch(
        new Request(`http://gate.example/client/v4/accounts/a/ai-gateway/gateways/g/logs/tail${search}`, {
          headers: { authorization },
        }),
      )
    )
  } finally {
    await gateway.dispose()
  }
}

test("the tail streams the new entries of its gateway's log, filtered, and says how many it left out", () => {
  const place = { account_id: "a", gateway_id: "g" }
  const entries = [
    entryOf("one", { ...place, status: 200 }),
    entryOf("two", { ...place, status: 503 }),
    entryOf("three", { account_id: "a", gateway_id: "other", status: 503 }),
  ]
  return withNews([{ entries, cursor: { file: 1, memory: 1 }, skipped: 4 }], async (open) => {
    const response = await open("?success=false")
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8")
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    while (!text.includes("event: entry")) text += (await reader?.read())?.value ?? ""
    await reader?.cancel()
    assert.match(text, /^event: skipped\ndata: 4$/m)
    assert.deepEqual([...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id), ["two"])
    const [, data = "{}"] = /^event: entry\ndata: (.*)$/m.exec(text) ?? []
    assert.equal((JSON.parse(data) as { status_code: number }).status_code, 503)
  })
})

test("a process feeds a limited number of tails, and a closed one makes room; an unknown filter is refused", () =>
  withNews([], async (open) => {
    const opened = await Promise.all(Array.from({ length: 16 }, () => open()))
    assert.deepEqual([...new Set(opened.map(({ status }) => status))], [200])
    const refused = await open()
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "10"])
    await opened[0]?.body?.cancel()
    const again = await open()
    assert.equal(again.status, 200)
    await Promise.all([...opened.slice(1), again].map(({ body }) => body?.cancel()))
    assert.equal((await open("?colour=red")).status, 400)
  }))
