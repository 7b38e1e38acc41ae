/** The gateway inside other apps. */
import assert from "node:assert/strict"
import { after, before, mock, test } from "node:test"
import { Hono } from "hono"
import served, {
  createGateway,
  type Gateway,
  type RequestRecord,
  type SettingsDocument,
  Telemetry,
} from "../../mod.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"

let simulator: Simulator
before(async () => {
  simulator = await startSimulator()
})
after(() => simulator.close())

const call = (path: string) =>
  new Request(`https://app.example${path}`, { headers: { authorization: "Bearer sk-own" } })

const withGateway = async (use: (gateway: Gateway, records: Array<RequestRecord>) => Promise<void>) => {
  const records: Array<RequestRecord> = []
  const gateway = createGateway({
    env: simulator.env,
    layer: Telemetry.layerSink((record) => records.push(record)),
  })
  await use(gateway, records)
  await gateway.dispose()
}

test("a Hono app mounts the gateway beside its own routes", () =>
  withGateway(async (gateway, records) => {
    const app = new Hono().get("/", (context) => context.text("mine")).all("/v1/*", ({ req }) =>
      gateway.fetch(req.raw))
    assert.equal(await (await app.request("/")).text(), "mine")
    const response = await app.fetch(call("/v1/a/g/baseten/v1/models"))
    assert.equal((await response.json() as { object: string }).object, "list")
    await gateway.idle()
    assert.equal(records[0]?.route, "models")
  }))

test("an app mounts the gateway below a path of its own, and gets an error if it has read the body before", () =>
  withGateway(async (gateway) => {
    const app = new Hono().all("/api/v1/*", async ({ req }) => {
      return await gateway.fetch(new Request(req.url.replace("/api/", "/"), req.raw))
    })
    const chat = () => ({
      method: "POST",
      headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
      body: JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content: "hi" }] }),
    })
    const path = "/v1/a/g/baseten/v1/chat/completions"
    assert.equal((await app.request(`/api${path}`, chat())).status, 200)
    const read = new Request(`https://app.example${path}`, chat())
    await read.text()
    const answer = await gateway.fetch(read)
    assert.equal(answer.status, 500)
    assert.match(await answer.text(), /"code":9501.*The request's body was read before the gateway got it/)
    // An app that lends nothing.
    assert.equal((await gateway.fetch(call("/livez"), null as unknown as undefined)).status, 200)
  }))

test("the default export serves as a plain Worker: env from bindings, records through waitUntil", async () => {
  const waiting: Array<Promise<unknown>> = []
  const context = { waitUntil: (promise: Promise<unknown>) => void waiting.push(promise) }
  const response = await served.fetch(call("/v1/a/g/baseten/v1/models"), {
    ...simulator.env,
    LOG_LEVEL: "none",
  }, context)
  assert.equal(response.status, 200)
  await response.text()
  await Promise.all(waiting)
  assert.equal(waiting.length, 1)
})

test("malformed settings answer 500 that names the variable and not its value", async () => {
  const gateway = createGateway({ env: { BASETEN_INFERENCE_URL: "ftp://secret.example" } })
  const response = await gateway.fetch(call("/livez"))
  const text = await response.text()
  assert.equal(response.status, 500)
  assert.match(text, /BASETEN_INFERENCE_URL/)
  assert.doesNotMatch(text, /secret/)
})

test("malformed settings keep no Worker alive: what it waits for is done with the answer", async () => {
  const waiting: Array<Promise<unknown>> = []
  const gateway = createGateway({ env: { BASETEN_INFERENCE_URL: "ftp://host.example" } })
  await gateway.fetch(call("/livez"), { waitUntil: (promise) => void waiting.push(promise) })
  assert.equal(waiting.length, 1)
  await Promise.all(waiting)
})

test("fetch() answers even if the app's own functions throw, and its log says where", async () => {
  const log = mock.method(console, "error", () => {})
  const gateway = createGateway({
    env: () => {
      throw new Error("no variables")
    },
  })
  assert.equal((await gateway.fetch(call("/livez"))).status, 500)
  assert.match(String(log.mock.calls[0]?.arguments[0]), /the gateway cannot start.*embedding/)
  mock.restoreAll()
})

test("dispose() ends running streams as draining, shown to the client, and refuses what comes after", () =>
  withGateway(async (gateway, records) => {
    const response = await gateway.fetch(
      new Request("https://app.example/v1/a/g/baseten/v1/chat/completions", {
        method: "POST",
        headers: {
          authorization: "Bearer sk-own",
          "content-type": "application/json",
          "x-simulator-fault": JSON.stringify({ stall_after: 2 }),
        },
        body: JSON.stringify({
          model: "openai/gpt-oss-120b",
          stream: true,
          messages: [{ role: "user", content: "hi" }],
        }),
      }),
    )
    const text = response.text()
    await gateway.dispose()
    assert.match(await text, /"code":"draining"/)
    assert.equal(records[0]?.ending, "draining")
    assert.equal((await gateway.fetch(call("/livez"))).status, 503)
  }))

test("an app gives settings as a value, which it cannot change once they are read; beside a variable they are an error", async () => {
  const entry = { cache_ttl: 60 }
  const config: SettingsDocument = { defaults: { authentication: false }, gateways: { "a/g": entry } }
  const gateway = createGateway({ config, env: simulator.env, layer: Telemetry.layerNone })
  for (const cached of [null, "HIT"]) {
    const response = await gateway.fetch(
      new Request("https://app.example/v1/a/g/baseten/v1/chat/completions", {
        method: "POST",
        headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
        body: JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content: "hi" }] }),
      }),
    )
    assert.equal(response.status, 200)
    if (cached !== null) assert.equal(response.headers.get("cf-aig-cache-status"), cached)
    await response.text()
    await gateway.idle()
    entry.cache_ttl = 0
  }
  assert.equal((await gateway.fetch(call("/v1/a/other/baseten/v1/models"))).status, 400)
  assert.equal(gateway.reload(), false)
  await gateway.dispose()
  const both = createGateway({ config, env: { BASEGATE_CONFIG: "{}" } })
  const refused = await both.fetch(call("/livez"))
  assert.equal(refused.status, 500)
  assert.match(await refused.text(), /config, BASEGATE_CONFIG: expected one of them/)
})
