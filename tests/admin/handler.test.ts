import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import { createGateway, Telemetry, Transport } from "../../mod.ts"
import { adminToken, assertRefused, withAdmin } from "./some-admin.ts"
import { type Asked, someLog } from "./some-log.ts"

const gateways = "/client/v4/accounts/a/ai-gateway/gateways"

test("without an admin token nothing of it exists: the answer is that of any unknown path", async () => {
  const gateway = createGateway({ env: { LOG_LEVEL: "none" }, log: someLog([]) })
  const ask = async (path: string) => {
    const response = await gateway.fetch(
      new Request(`https://gate.example${path}`, { headers: { authorization: "Bearer x" } }),
    )
    return [response.status, await response.text()]
  }
  const unknown = await ask("/nothing")
  assert.equal(unknown[0], 404)
  for (const path of [gateways, `${gateways}/g/logs`, "/client/v4/x", "/metrics"]) {
    assert.deepEqual(await ask(path), unknown, path)
  }
  await gateway.dispose()
})

test("the token is accepted as a bearer token or as Cloudflare's key, and in no other way", () =>
  withAdmin(async (ask) => {
    const good = [
      { authorization: `bearer ${adminToken}` },
      { authorization: "", "x-auth-key": adminToken, "x-auth-email": "a@b.example" },
      { authorization: "Bearer other", "x-auth-key": adminToken },
    ]
    for (const headers of good) assert.equal((await ask(gateways, { headers })).status, 200)
    const bad = [
      { authorization: "" },
      { authorization: "Bearer " },
      { authorization: `Bearer ${adminToken}x` },
      { authorization: `Bearer ${adminToken.slice(1)}` },
      { authorization: `Basic ${adminToken}` },
      { authorization: "", "cf-aig-authorization": `Bearer ${adminToken}` },
      { authorization: "", "x-api-key": adminToken },
      { authorization: "", "x-auth-key": "" },
    ]
    for (const headers of bad) {
      for (const path of [gateways, `${gateways}/none/logs`, "/metrics"]) {
        const answer = await ask(path, { headers })
        const shows = /^Bearer ./.test(headers.authorization)
        assertRefused(
          answer,
          [401, 10000],
          shows ? /Authentication error: The admin token is not valid/ : /The request has no admin token/,
        )
        assert.equal(answer.headers.get("www-authenticate"), "Bearer")
        assert.ok(!answer.text.includes(adminToken.slice(1)))
      }
    }
  }))

test("a gateway token is no admin token, and the two must differ", async () => {
  const config = { gateways: { "a/g": { tokens: ["tok-member"] } } }
  await withAdmin(
    async (ask) =>
      assertRefused(
        await ask(gateways, { headers: { authorization: "Bearer tok-member" } }),
        [401, 10000],
        /admin/,
      ),
    {},
    { BASEGATE_CONFIG: config },
  )
  for (const variables of [{ BASEGATE_CONFIG: config }, { BASEGATE_TOKENS: "x,tok-member" }]) {
    const gateway = createGateway({ env: { BASEGATE_ADMIN_TOKEN: "tok-member", ...variables } })
    const response = await gateway.fetch(new Request("https://gate.example/livez"))
    assert.equal(response.status, 500)
    assert.match(await response.text(), /BASEGATE_ADMIN_TOKEN: expected a token that opens no gateway/)
  }
})

test("on the data plane the admin token opens nothing, and is never sent to a provider", async () => {
  const sent: Array<string> = []
  const transport = Layer.succeed(Transport, {
    decodes: new Set<string>(),
    send: ({ headers }) => {
      sent.push(JSON.stringify([...headers]))
      return Promise.resolve(Response.json({}))
    },
  })
  const config = {
    gateways: {
      "a/open": { custom_providers: { one: { base_url: "https://one.example" } } },
      "a/shut": { tokens: ["t"] },
    },
  }
  const gateway = createGateway({
    env: { BASEGATE_ADMIN_TOKEN: adminToken, BASEGATE_CONFIG: config, LOG_LEVEL: "none" },
    log: someLog([]),
    transport,
  })
  const ask = (path: string, headers: Record<string, string>, body?: unknown) =>
    gateway.fetch(
      new Request(`https://gate.example/v1/a/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body ?? { model: "m" }),
      }),
    )
  const places: ReadonlyArray<Record<string, string>> = [
    { authorization: `Bearer ${adminToken}` },
    { "x-api-key": adminToken },
    { "api-key": adminToken },
    { "x-auth-key": adminToken },
    { "cf-aig-authorization": adminToken },
  ]
  for (const headers of places) {
    assert.equal((await ask("shut/baseten/v1/chat/completions", headers)).status, 401)
    const alone = await ask("open/baseten/v1/chat/completions", headers)
    assert.equal(alone.status, 401, "it is no key of Baseten's")
    const beside = { "x-api-key": "sk-own", ...headers }
    await ask("open/baseten/v1/chat/completions", beside)
    await ask("open/custom-one/v1/chat/completions", beside)
    await ask("open", {}, [{ provider: "custom-one", endpoint: "x", headers: beside, query: {} }])
  }
  assert.ok(sent.length >= 8)
  for (const headers of sent) assert.ok(!headers.includes(adminToken), headers)
  await gateway.dispose()
})

test("the management API shows nothing to web pages, and leaves no entry of its own in the log", async () => {
  const records: Array<unknown> = []
  const asked: Array<Asked> = []
  const gateway = createGateway({
    env: { BASEGATE_ADMIN_TOKEN: adminToken, BASEGATE_CORS_ORIGINS: "*" },
    log: someLog(asked),
    layer: Layer.succeed(Telemetry, {
      record: ({ route, account_id, gateway_id }, { shouldLog }) => {
        records.push([route, account_id, gateway_id, shouldLog])
      },
    }),
  })
  const headers = { authorization: `Bearer ${adminToken}`, origin: "https://app.example" }
  const ask = (path: string, method = "GET") =>
    gateway.fetch(
      new Request(`https://gate.example${path}`, {
        method,
        headers: { ...headers, "access-control-request-method": "GET" },
      }),
    )
  for (const response of [await ask(gateways), await ask(gateways, "OPTIONS"), await ask("/metrics")]) {
    assert.ok(response.ok)
    assert.deepEqual([...response.headers.keys()].filter((name) => /access-control|vary/.test(name)), [])
  }
  await ask(`${gateways}/g/logs`)
  await gateway.idle()
  assert.deepEqual(asked.map(([method]) => method), ["list"])
  assert.deepEqual(records, [["admin.gateways", "a", null, false], [null, null, null, false], [
    "admin.logs",
    "a",
    "g",
    false,
  ]])
  await gateway.dispose()
})

test("paths, methods and gateways that do not exist are refused in Cloudflare's form", () =>
  withAdmin(
    async (ask) => {
      assertRefused(
        await ask("/client/v4/accounts/a/ai-gateway/gateways/g/colours"),
        [404, 7002],
        /no such path/,
      )
      assertRefused(await ask("/client/v4/user"), [404, 7002], /no such path/)
      assertRefused(await ask("gateways/other"), [404, 7002], /no gateway "a\/other"/)
      assertRefused(await ask("gateways/other/logs"), [404, 7002], /no gateway/)
      assertRefused(await ask("gateways/g", { method: "POST", body: "{}" }), [405, 7001], /Cannot POST/)
      const answer = await ask("gateways/g/logs/one", { method: "DELETE" })
      assertRefused(answer, [405, 7001], /GET or HEAD or PATCH/)
      assert.equal(answer.headers.get("allow"), "GET, HEAD, PATCH, OPTIONS")
      assert.equal((await ask("gateways/g", { method: "HEAD" })).status, 200)
    },
    {},
    { BASEGATE_CONFIG: { gateways: { "a/g": {} } } },
  ))

test("/metrics is Prometheus' text", () =>
  withAdmin(async (ask) => {
    const { status, headers, text } = await ask("/metrics")
    assert.deepEqual([status, headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"])
    assert.match(text, /^basegate_build_info\{version="\d/m)
  }))
