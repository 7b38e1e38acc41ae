/** Alerts: once for each threshold and period, signed, retried, and never in the way. */
import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { test } from "node:test"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Alerts, type AlertsShape } from "../../lib/alert/Alerts.ts"
import type { PostWebhook } from "../../lib/alert/deliver.ts"
import type { GatewaySettings } from "../../lib/config/gateway-settings.ts"
import type { BudgetUse } from "../../lib/limit/admitted-call.ts"
import { Store, storeInMemory, type StoreShape } from "../../lib/store/Store.ts"
import { Metrics } from "../../lib/telemetry/metrics/Metrics.ts"
import { someGateway } from "../support/some-call.ts"
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts"
import { record as sampleRecord } from "../telemetry/sample-record.ts"

const url = "https://hooks.example/T0/secret-path"
const gatewayWith = (alert: object): GatewaySettings => someGateway({ alerts: [{ url, ...alert }] })

interface Told {
  readonly url: string
  readonly body: string
  readonly headers: Record<string, string>
}

/** Alerts of one instance. */
const instance = (
  answers: ReadonlyArray<number | "none" | ResponseInit> = [],
  { time = virtualTime(), store = storeInMemory(time.clock), detached = true }: {
    time?: VirtualTime
    store?: StoreShape
    detached?: boolean
  } = {},
) => {
  const told: Array<Told> = []
  const counted: Array<readonly [string, boolean]> = []
  const post: PostWebhook = (url, init) => {
    const answer = answers[told.length] ?? 200
    assert.equal(init.redirect, "manual")
    told.push({ url, body: String(init.body), headers: init.headers as Record<string, string> })
    return answer === "none"
      ? new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))))
      : Promise.resolve(
        typeof answer === "number" ? new Response(null, { status: answer }) : new Response(null, answer),
      )
  }
  const metrics = {
    alerted: (event: string, delivered: boolean) => void counted.push([event, delivered]),
  } as unknown as Metrics["Service"]
  const layer = Alerts.layer({ detached, post }).pipe(
    Layer.provide(Layer.mergeAll(Layer.succeed(Store, store), Layer.succeed(Metrics, metrics), time.layer)),
  )
  const alerts: AlertsShape = Context.get(
    Effect.runSync(Layer.buildWithScope(layer, Scope.makeUnsafe())),
    Alerts,
  )
  return {
    alerts,
    told,
    counted,
    time,
    store,
    events: () => told.map(({ body }) => JSON.parse(body) as object),
  }
}

const use = (spent: number, more: Partial<BudgetUse> = {}): BudgetUse => ({
  rule: "team",
  name: "spend/team",
  partition: undefined,
  spent,
  limit: 10,
  period: { id: 7, start: 0, end: 60_000 },
  now: 1000,
  ...more,
})

/** What is printed is checked, not shown. */
const printed = async (run: () => Promise<void>): Promise<string> => {
  const before = console.error
  let text = ""
  console.error = (line: string) => void (text += `${line}\n`)
  try {
    await run()
  } finally {
    console.error = before
  }
  return text
}

test("each share of a budget is reported once per period, and every share that was passed", async () => {
  const { alerts, events, counted, time } = instance()
  const gateway = gatewayWith({ budget: [1, 0.5, 0.8] })
  for (const spent of [4.9, 5, 5.1, 9, 9.5, 10, 12]) await alerts.budgets(gateway, [use(spent)], {})
  await time.advance(0)
  const told = { event: "budget", rule: "team", limit: 10, gateway: "*" }
  const period = "1970-01-01T00:00:00.000Z/1970-01-01T00:01:00.000Z"
  assert.deepEqual(events(), [
    { ...told, threshold: 0.5, spent: 5, period },
    { ...told, threshold: 0.8, spent: 9, period },
    { ...told, threshold: 1, spent: 10, period },
  ])
  assert.deepEqual(counted, Array(3).fill(["budget", true]))
  await alerts.budgets(gateway, [use(6, { period: { id: 8, start: 60_000, end: 120_000 } })], {})
  await alerts.budgets(gateway, [use(6, { name: "spend/team/bob", partition: ["metadata.user", "bob"] })], {})
  await time.advance(0)
  assert.deepEqual(
    (events().slice(3) as ReadonlyArray<Record<string, unknown>>).map((each) => [
      each["threshold"],
      each["partition"],
    ]),
    [[0.5, undefined], [0.5, ["metadata.user", "bob"]]],
  )
})

test("instances that share a store send an alert once", async () => {
  const one = instance()
  const other = instance([], { time: one.time, store: one.store })
  const gateway = gatewayWith({ budget: [0.5] })
  await Promise.all([one, other, one, other].map(({ alerts }) => alerts.budgets(gateway, [use(7)], {})))
  await one.time.advance(0)
  assert.equal(one.told.length + other.told.length, 1)
})

test("the body is signed with the time and the secret", async () => {
  const gateway = gatewayWith({ budget: [0.5] })
  const [alert] = gateway.alerts
  const signed = { ...gateway, alerts: [{ ...alert ?? assert.fail(), secret: Redacted.make("whsec") }] }
  const { alerts, told, time } = instance()
  await time.advance(5_000)
  await alerts.budgets(signed, [use(5)], {})
  // WebCrypto takes turns of its own.
  while (told.length === 0) await time.advance(0)
  const [{ headers, body }] = told as [Told]
  const expected = createHmac("sha256", "whsec").update(`5.${body}`).digest("hex")
  assert.equal(headers["x-basegate-signature"], `t=5,v1=${expected}`)
  await alerts.budgets(gateway, [use(5, { name: "other" })], {})
  await time.advance(0)
  assert.ok(!("x-basegate-signature" in (told[1]?.headers ?? {})))
})

test("a webhook that fails is tried again, with the same delivery, and given up in time", async () => {
  const gateway = gatewayWith({ budget: [0.5] })
  const passing = instance([503, "none", 429, 204])
  void passing.alerts.budgets(gateway, [use(5)], {})
  await passing.time.advance(60_000)
  assert.equal(passing.told.length, 4)
  assert.equal(new Set(passing.told.map(({ headers }) => headers["x-basegate-delivery"])).size, 1)
  assert.deepEqual(passing.counted, [["budget", true]])
  for (
    const [answers, calls, detached] of [[Array(9).fill(500), 5, true], [
      Array(9).fill(500),
      3,
      false,
    ]] as const
  ) {
    const failing = instance(answers, { detached })
    const text = await printed(async () => {
      await failing.alerts.budgets(gateway, [use(5)], {})
      await failing.time.advance(120_000)
    })
    assert.deepEqual([failing.told.length, failing.counted], [calls, [["budget", false]]])
    assert.match(text, /"problem":"hooks\.example answered 500"/)
    assert.doesNotMatch(text, /secret-path/)
  }
})

test("a webhook that requests a delay gets it, up to half a minute", async () => {
  for (const [asked, waited] of [["9", 9_000], ["600", 30_000]] as const) {
    const { alerts, told, time } = instance([{ status: 429, headers: { "retry-after": asked } }])
    void alerts.budgets(gatewayWith({ budget: [0.5] }), [use(5)], {})
    await time.advance(waited - 1)
    assert.equal(told.length, 1)
    await time.advance(1)
    assert.equal(told.length, 2)
  }
})

test("a redirect is not followed, and neither a redirect nor a refusal is tried again", async () => {
  for (const status of [302, 400, 404]) {
    const { alerts, told, counted, time } = instance([status])
    await printed(async () => {
      await alerts.budgets(gatewayWith({ budget: [0.5] }), [use(5)], {})
      await time.advance(60_000)
    })
    assert.deepEqual([told.length, counted], [1, [["budget", false]]])
  }
})

test("the host is asked to wait for a delivery", async () => {
  const { alerts, time } = instance()
  const waits: Array<Promise<unknown>> = []
  await alerts.budgets(gatewayWith({ budget: [0.5] }), [use(5)], {
    waitUntil: (work) => void waits.push(work),
  })
  await time.advance(0)
  assert.equal(waits.length, 1)
  await waits[0]
})

test("the share of failed calls is reported once per window, from twenty calls on", async () => {
  const { alerts, events, time } = instance()
  const gateway = gatewayWith({ error_share: 0.25 })
  const record = (status: number) => alerts.record(gateway, { ...sampleRecord, status }, {})
  for (let calls = 0; calls < 19; calls++) await record(calls < 15 ? 200 : 502)
  await time.advance(0)
  assert.deepEqual(events(), [])
  for (let calls = 0; calls < 5; calls++) await record(503)
  await time.advance(0)
  assert.deepEqual(events(), [{
    event: "error_share",
    rule: "error_share",
    threshold: 0.25,
    spent: 0.25,
    limit: 1,
    gateway: "*",
    period: "1970-01-01T00:00:00.000Z/1970-01-01T00:05:00.000Z",
  }])
  await time.advance(300_000)
  for (let calls = 0; calls < 20; calls++) await record(500)
  await time.advance(0)
  assert.equal(events().length, 2)
  // Refusals are the callers' own affair.
  await time.advance(300_000)
  for (let calls = 0; calls < 40; calls++) await record(429)
  await time.advance(0)
  assert.equal(events().length, 2)
})

test("a circuit is reported when it opens, and not again for five minutes", async () => {
  const { alerts, events, time } = instance()
  const gateway = gatewayWith({ circuit: true })
  for (let times = 0; times < 3; times++) await alerts.circuitOpened(gateway, "up.example", {})
  await time.advance(300_001)
  await alerts.circuitOpened(gateway, "up.example", {})
  await alerts.circuitOpened(gatewayWith({ budget: [1] }), "up.example", {})
  await time.advance(0)
  assert.deepEqual(
    (events() as ReadonlyArray<Record<string, unknown>>).map((
      { event, rule, threshold },
    ) => [event, rule, threshold]),
    [["circuit", "up.example", null], ["circuit", "up.example", null]],
  )
})

test("a test is sent to each webhook once, and reports the result", async () => {
  const { alerts, told } = instance([500, 200])
  const gateway = someGateway({
    alerts: [{ url, budget: [1] }, { url: "http://127.0.0.1:9/x", circuit: true }],
  })
  const results = await alerts.test(gateway)
  assert.deepEqual(results, [
    { host: "hooks.example", delivered: false, status: 500, problem: "hooks.example answered 500" },
    { host: "127.0.0.1:9", delivered: true, status: 200, problem: null },
  ])
  assert.equal((JSON.parse(told[0]?.body ?? "") as { event: string }).event, "test")
})
