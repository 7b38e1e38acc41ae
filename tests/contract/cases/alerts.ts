/** Alerts: webhooks that are told of budgets, failures and circuits. */
import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { createServer } from "node:http"
import { test } from "node:test"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, eventually, fault, type Harness, json } from "../harness.ts"
import { adminToken } from "./log-api.ts"

/** One call of a webhook. */
interface Told {
  readonly path: string
  readonly body: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
}

/** A receiver of webhooks. Whatever begins with `/flaky` fails the first time, and `/moved` sends elsewhere. */
const openReceiver = () => {
  const told: Array<Told> = []
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (part: string) => body += part)
    request.on("end", () => {
      const { url: path = "", headers } = request
      const before = told.filter((each) => each.path === path).length
      told.push({ path, body, headers })
      if (path.startsWith("/moved")) response.writeHead(302, { location: "/stolen" }).end()
      else response.writeHead(path.startsWith("/flaky") && before === 0 ? 503 : 200).end()
    })
  })
  // Without a host name it listens at once; it must not keep the tests from ending.
  server.listen(0).unref()
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : assert.fail("no port")
  return {
    url: `http://127.0.0.1:${port}`,
    told: (path: string) => told.filter((each) => each.path === path),
  }
}

let receiver: ReturnType<typeof openReceiver>

const rule = { id: "month", enabled: true, limit: 1, limitType: "cost", window: "month", technique: "fixed" }
const secret = "whsec-of-alerts"

/** What these cases need configured. */
export const alertEntries = ({ port }: Simulator): Configured => {
  receiver = openReceiver()
  const spends = { spend_limits: { enabled: true, rules: [rule] } }
  const host = { host: { base_url: `http://alerts.localhost:${port}`, allow_http: true } }
  const alert = (path: string, more: object) => ({ url: `${receiver.url}/${path}`, ...more })
  return {
    entries: {
      alerts: {
        ...spends,
        alerts: [alert("budget", { budget: [0.5, 0.8, 1], secret: "env:SECRET_OF_ALERTS" })],
      },
      "alerts-divided": {
        spend_limits: {
          enabled: true,
          rules: [{ ...rule, window: 86_400, metadata: { user: { mode: "partition" } } }],
        },
        alerts: [alert("divided", { budget: [0.5] })],
      },
      "alerts-token": {
        tokens: [{
          name: "ann",
          token: "value-of-alerted-ann",
          spend_limits: { enabled: true, rules: [rule] },
        }],
        alerts: [alert("token", { budget: [0.5] })],
      },
      "alerts-flaky": { ...spends, alerts: [alert("flaky", { budget: [0.5] })] },
      "alerts-errors": { alerts: [alert("errors", { error_share: 0.5 })] },
      "alerts-circuit": {
        circuit_breaker: { minimum_calls: 2, failure_rate: 0.5, open: 60 },
        custom_providers: { ...host, other: { base_url: `http://127.0.0.1:${port}`, allow_http: true } },
        alerts: [alert("circuit", { circuit: true })],
      },
      "alerts-test": {
        alerts: [
          alert("tested?token=hidden", { budget: [1], secret: "env:SECRET_OF_ALERTS" }),
          alert("moved", { budget: [1] }),
        ],
      },
    },
    variables: { SECRET_OF_ALERTS: secret },
  }
}

export const alertCases = (harness: Harness): void => {
  const spend = async (entry: string, dollars: number, headers: Record<string, string> = {}) => {
    const response = await fetch(`${harness.entry(entry)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: {
        ...json,
        "x-simulator-case": harness.nextCase(),
        "cf-aig-custom-cost": JSON.stringify({ total_cost: dollars }),
        ...headers,
      },
      body: chat({ max_tokens: 9 }),
    })
    await response.text()
    return response.status
  }
  const told = async (path: string, count: number) => {
    await eventually(`${count} calls of ${path}`, () => receiver.told(`/${path}`).length >= count, 15_000)
    return receiver.told(`/${path}`)
  }
  const events = (all: ReadonlyArray<Told>) =>
    all.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  const signed = ({ headers, body }: Told) => {
    const [, time = "", mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-basegate-signature"])) ??
      []
    assert.equal(mac, createHmac("sha256", secret).update(`${time}.${body}`).digest("hex"))
    assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 60)
  }

  test("each share of a budget raises one signed alert, however many calls reach it", async () => {
    assert.equal(await spend("alerts", 0.3), 200)
    assert.equal(receiver.told("/budget").length, 0)
    assert.deepEqual(await Promise.all([0.2, 0.2, 0.2].map((each) => spend("alerts", each))), [200, 200, 200])
    const first = await told("budget", 2)
    assert.equal(await spend("alerts", 0.3), 200)
    const all = await told("budget", 3)
    assert.equal(await spend("alerts", 0.1), 429)
    assert.deepEqual(
      events(all).map(({ threshold }) => threshold).sort(),
      [0.5, 0.8, 1],
    )
    for (const each of all) signed(each)
    for (const { event, rule, limit, gateway, spent, threshold, period } of events(first)) {
      assert.deepEqual([event, rule, limit, gateway], ["budget", "month", 1, "account/alerts"])
      assert.ok(Number(spent) >= Number(threshold))
      assert.match(String(period), /^\d{4}-\d\d-01T00:00:00\.000Z\/\d{4}-\d\d-01T00:00:00\.000Z$/)
    }
    assert.equal(receiver.told("/budget").length, 3)
    const [{ headers }] = all as [Told]
    assert.equal(headers["content-type"], "application/json")
  })

  test("an alert about a partitioned budget names the partition, one about a token's budget the token", async () => {
    for (const user of ["ann", "bob", "ann"]) {
      await spend("alerts-divided", 0.6, { "cf-aig-metadata": JSON.stringify({ user }) })
    }
    const parts = events(await told("divided", 2)).map(({ partition }) => partition)
    assert.equal(parts.length, 2)
    assert.match(JSON.stringify(parts), /ann.*bob|bob.*ann/)
    await spend("alerts-token", 0.6, { authorization: "Bearer value-of-alerted-ann", "x-api-key": "sk-own" })
    const [event] = events(await told("token", 1))
    assert.equal(event?.["rule"], "token/ann/month")
  })

  test("a failed delivery is retried; without a secret it is unsigned", async () => {
    await spend("alerts-flaky", 0.6)
    const tries = await told("flaky", 2)
    assert.equal(
      new Set(tries.map(({ body, headers }) => `${body} ${String(headers["x-basegate-delivery"])}`)).size,
      1,
    )
    assert.equal(tries[0]?.headers["x-basegate-signature"], undefined)
  })

  test("failed calls and open circuits raise one alert each", async () => {
    const fails = fault({ status: 500 })
    await Promise.all(Array.from({ length: 24 }, () => spend("alerts-errors", 0, fails)))
    const [share] = events(await told("errors", 1))
    assert.deepEqual([share?.["event"], share?.["threshold"]], ["error_share", 0.5])
    for (let calls = 0; calls < 4; calls++) {
      const response = await fetch(`${harness.entry("alerts-circuit")}/custom-host/v1/chat/completions`, {
        method: "POST",
        headers: { ...json, ...fails, "x-simulator-case": harness.nextCase() },
        body: chat(),
      })
      await response.text()
    }
    const [circuit] = events(await told("circuit", 1))
    assert.equal(circuit?.["event"], "circuit")
    assert.match(String(circuit?.["rule"]), /^alerts\.localhost:/)
    assert.deepEqual([receiver.told("/errors").length, receiver.told("/circuit").length], [1, 1])
  })

  test("the management API tests the webhooks, follows no redirect and shows no secret", async () => {
    const api = `${harness.configured.url}/client/v4/accounts/account/ai-gateway/gateways`
    const admin = { authorization: `Bearer ${adminToken}` }
    const answer = await fetch(`${api}/alerts-test/alerts/test`, { method: "POST", headers: admin })
    const { result } = await answer.json() as { result: ReadonlyArray<Record<string, unknown>> }
    assert.deepEqual(result.map(({ delivered, status }) => [delivered, status]), [[true, 200], [false, 302]])
    const [tested] = receiver.told("/tested?token=hidden")
    signed(tested ?? assert.fail("not told"))
    assert.equal(events([tested ?? assert.fail()])[0]?.["event"], "test")
    assert.equal(receiver.told("/stolen").length, 0)
    const shown = await (await fetch(`${api}/alerts-test`, { headers: admin })).text()
    assert.doesNotMatch(shown, /hidden|whsec/)
    const without = await fetch(`${api}/alerts-test/alerts/test`, { method: "POST" })
    assert.equal(without.status, 401)
    const none = await fetch(`${api}/plain/alerts/test`, { method: "POST", headers: admin })
    assert.equal(none.status, 404)
    const read = await fetch(`${api}/alerts-test/alerts/test`, { headers: admin })
    assert.equal(read.status, 405)
    const metrics = await (await fetch(`${harness.configured.url}/metrics`, { headers: admin })).text()
    if (harness.runtime !== "workerd") assert.match(metrics, /basegate_alerts_total\{.*delivered/)
  })
}
