/** Windows of the calendar, and what the management API says of limits. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { asker, statusesOf } from "../ask.ts"
import { budget, costing } from "../budgets.ts"
import { chat, type Configured, type Harness } from "../harness.ts"
import { adminToken } from "./log-api.ts"

const partition = { mode: "partition" }
const zone = "Pacific/Chatham"

/** What these cases need configured. */
export const limitStateEntries = (): Configured => ({
  entries: {
    "state-month": budget({ id: "monthly", window: "month", time_zone: zone }),
    "state-rate": { rate_limits: [{ id: "daily", limit: 2, window: "day", time_zone: zone }] },
    "state-listed": {
      ...budget(
        { id: "all", limit: 4, window: "week" },
        { id: "each", metadata: { user: partition }, model: partition },
        { id: "hourly", window: 3600, technique: "sliding" },
        { id: "off", enabled: false },
      ),
      rate_limiting_limit: 100,
      rate_limiting_interval: 3600,
      rate_limits: [{ id: "callers", limit: 50, interval: 3600, per: ["key"] }],
    },
    "state-secret": budget({ id: "each", metadata: { user: partition } }),
  },
})

interface Limit extends Record<string, unknown> {
  readonly id: string
  readonly partition: Readonly<Record<string, string>> | null
  readonly resets_at: string
}

interface Answer {
  readonly result: ReadonlyArray<Limit>
  readonly result_info: Readonly<Record<string, number>>
  readonly errors: ReadonlyArray<{ readonly code: number; readonly message: string }>
}

/** The parts of a date as a zone shows it. */
const shownIn = (time: Date | number, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options }).format(time)

export const limitStateCases = (harness: Harness): void => {
  const ask = asker(harness)
  const statuses = statusesOf(ask)
  const admin = async (path: string): Promise<{ status: number; body: Answer }> => {
    const url = `${harness.configured.url}/client/v4/accounts/account/ai-gateway/${path}`
    const response = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })
    return { status: response.status, body: await response.json() as Answer }
  }
  const listed = async (path: string): Promise<Answer> => {
    const { status, body } = await admin(path)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  test("a spent monthly budget is refused until the first of the next month in its time zone", async () => {
    const one = { id: harness.nextCase(), entry: "state-month", headers: costing(2) }
    assert.deepEqual(await statuses([one]), [200])
    const { response, bytes } = await ask(one)
    assert.equal(response.status, 429)
    assert.match(
      bytes.toString(),
      /rule 'monthly' \(cost limit 1 per month in Pacific\/Chatham, fixed\) for baseten openai\/gpt-oss-120b/,
    )
    const seconds = Number(response.headers.get("retry-after"))
    const reset = Date.now() + 1000 * seconds
    assert.match(
      shownIn(Math.round(reset / 60_000) * 60_000, { day: "2-digit", hour: "2-digit", minute: "2-digit" }),
      /^01, 00:00$/,
    )
    const { result: [limit] } = await listed("gateways/state-month/limits")
    assert.deepEqual([limit?.["spent"], limit?.["refused"]], [2, 1])
    const [, width] = /;w=(\d+);/.exec(response.headers.get("ratelimit-policy") ?? "") ?? []
    assert.ok(Number(width) >= 28 * 86_400 - 3600 && Number(width) <= 31 * 86_400 + 3600, width)
  })

  test("a used daily rate is refused until the end of its day", async () => {
    const one = { id: harness.nextCase(), entry: "state-rate" }
    assert.deepEqual(await statuses([one, one]), [200, 200])
    const { response, bytes } = await ask(one)
    assert.equal(response.status, 429)
    assert.match(bytes.toString(), /\\"daily\\" of 2 requests per day in Pacific\/Chatham is used up/)
    assert.match(response.headers.get("ratelimit-policy") ?? "", /^"daily";q=2;w=(82800|86400|90000);/)
    const { result: [limit] } = await listed("gateways/state-rate/limits")
    assert.deepEqual([limit?.["spent"], limit?.["refused"]], [2, 1])
  })

  test("limits are listed by use: each rule, and each partition with its names", async () => {
    const id = harness.nextCase()
    const call = (user: string, cost: number, model = "openai/gpt-oss-120b") => ({
      id,
      entry: "state-listed",
      headers: { ...costing(cost), "cf-aig-metadata": JSON.stringify({ user }) },
      body: chat({ user: id, model }),
    })
    const path = "gateways/state-listed/limits"
    const untouched = await listed(path)
    assert.deepEqual(untouched.result.map((limit) => [limit.id, limit["spent"], limit["left"]]), [
      ["all", 0, 4],
      ["each", 0, 1],
      ["hourly", 0, 1],
      ["gateway", 0, 100],
      ["callers", null, null],
    ])
    assert.deepEqual(
      await statuses([call("ann", 0.25), call("bob", 0.5), call("ann", 0.125, "zai-org/GLM-5.2")]),
      [200, 200, 200],
    )
    let body = await listed(path)
    for (let tries = 0; tries < 100 && body.result[0]?.["spent"] !== 0.875; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      body = await listed(path)
    }
    const model = "openai/gpt-oss-120b"
    assert.deepEqual(
      body.result.map(({ id, kind, unit, partition, limit, spent, left, share }) => [
        ...[id, kind, unit, partition === null ? null : Object.values(partition)],
        ...[limit, spent, left, share],
      ]),
      [
        ["hourly", "spend", "usd", [], 1, 0.875, 0.125, 0.875],
        ["each", "spend", "usd", [model, "bob"], 1, 0.5, 0.5, 0.5],
        ["each", "spend", "usd", [model, "ann"], 1, 0.25, 0.75, 0.25],
        ["all", "spend", "usd", [], 4, 0.875, 3.125, 0.218_75],
        ["each", "spend", "usd", ["zai-org/GLM-5.2", "ann"], 1, 0.125, 0.875, 0.125],
        ["gateway", "rate", "requests", [], 100, 3, 97, 0.03],
        ["callers", "rate", "requests", null, 50, null, null, null],
      ],
    )
    assert.deepEqual(body.result[1]?.partition, { model, "metadata.user": "bob" })
    assert.deepEqual(body.result_info, { page: 1, per_page: 20, count: 7, total_count: 7 })
    const week = body.result.find((limit) => limit.id === "all")
    assert.deepEqual([week?.["window"], week?.["time_zone"], week?.["gateway"]], [
      "week",
      "UTC",
      "state-listed",
    ])
    assert.equal(new Date(week?.resets_at ?? "").getUTCDay(), 1)

    const page = await listed(`${path}?page=2&per_page=2&kind=spend`)
    assert.deepEqual(page.result.map((limit) => limit["spent"]), [0.25, 0.875])
    assert.deepEqual(page.result_info, { page: 2, per_page: 2, count: 2, total_count: 5 })
    const spent = await listed(`${path}?order_by=spent&rule=each`)
    assert.deepEqual(spent.result.map((limit) => limit["spent"]), [0.5, 0.25, 0.125])
    const soonest = await listed(`${path}?order_by=runs_out_at&rule=each`)
    assert.equal(soonest.result.length, 3)
  })

  test("an account's limits are those of all its gateways; unknown parameters are refused", async () => {
    const { result, result_info } = await listed("limits?per_page=50")
    assert.ok(result_info["total_count"] ?? 0 > 10)
    assert.equal(result.length, Math.min(50, result_info["total_count"] ?? 0))
    const shares = result.map(({ share }) => Number(share ?? -1))
    assert.deepEqual(shares, shares.toSorted((one, other) => other - one))
    const unknown = await admin("gateways/state-listed/limits?ordr_by=spent")
    assert.equal(unknown.status, 400)
    assert.match(unknown.body.errors[0]?.message ?? "", /order_by/)
    assert.equal((await admin("gateways/no-such-gateway/limits")).status, 404)
    const refused = await fetch(
      `${harness.configured.url}/client/v4/accounts/account/ai-gateway/limits`,
      { headers: { authorization: "Bearer wrong" } },
    )
    assert.equal(refused.status, 401)
    await refused.text()
  })

  test("a caller's secret is never shown, even if it is in a budget's partition", async () => {
    const one = {
      id: harness.nextCase(),
      entry: "state-secret",
      headers: {
        ...costing(0.5),
        authorization: "Bearer sk-very-secret-key",
        "cf-aig-metadata": JSON.stringify({ user: "key sk-very-secret-key" }),
      },
    }
    assert.deepEqual(await statuses([one]), [200])
    let result: ReadonlyArray<Limit> = []
    for (let tries = 0; tries < 100 && result[0]?.["spent"] !== 0.5; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      result = (await listed("gateways/state-secret/limits")).result
    }
    assert.deepEqual(result.map(({ partition }) => partition), [{ "metadata.user": "key [redacted]" }])
  })
}
