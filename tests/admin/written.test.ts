/** What is written through the management API: who may, what it takes, what it never shows. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import { readSettings } from "../../lib/config/environment.ts"
import * as Result from "effect/Result"
import { createGateway, RequestLog, Transport } from "../../mod.ts"
import { type Answer, type Ask, assertRefused, withAdmin } from "./some-admin.ts"

const secretKey = btoa("0123456789abcdef0123456789abcdef")
const variables = {
  BASEGATE_CONFIG: { gateways: { "a/declared": {} } },
  BASEGATE_SECRET_KEY: secretKey,
  UP_KEY: "sk-from-a-variable",
}

type AskPath = (path: string, ask?: Ask) => Promise<Answer>
const writer = (ask: AskPath) => (method: string, path: string, body?: unknown, headers = {}) =>
  ask(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
const written = (
  use: (write: ReturnType<typeof writer>) => Promise<void>,
  more: Record<string, unknown> = {},
) => withAdmin((ask) => use(writer(ask)), {}, { ...variables, ...more })
const resultOf = ({ body }: Answer) => body.result as Record<string, unknown>

test("a gateway that was read can be written back: nothing of it changes", () =>
  written(async (write) => {
    await write("POST", "gateways", {
      id: "g",
      cache_ttl: null,
      total_timeout: 5000,
      retry_backoff: null,
      rate_limiting_limit: 0,
      circuit_breaker: {},
      prices: { "a/b": { input: 1, output: 2 } },
      routes: {
        fast: [
          { id: "s", type: "start", outputs: { next: { elementId: "e" } } },
          { id: "e", type: "end" },
        ],
      },
      provider_keys: { baseten: { default: "sk-sealed-0123456789", second: "env:UP_KEY" } },
      custom_providers: {
        one: {
          base_url: "https://one.example",
          headers: { "x-api-key": "0123456789abcdefghij", "x-v": "1" },
        },
      },
      spend_limits: { rules: [{ limit: 1, limitType: "cost", window: 60 }] },
      dlp: { enabled: false, policies: [] },
      store_id: "store",
    })
    const before = await write("GET", "gateways/g")
    assert.equal(before.status, 200)
    assert.deepEqual(resultOf(before)["provider_keys"], { baseten: ["default", "second"] })
    assert.deepEqual(resultOf(before)["custom_providers"], {
      one: { base_url: "https://one.example", headers: { "x-api-key": "****ghij", "x-v": "1" } },
    })
    for (const method of ["PUT", "PATCH"]) {
      assert.equal((await write(method, "gateways/g", resultOf(before))).status, 200)
      const { modified_at: _, ...after } = resultOf(await write("GET", "gateways/g"))
      const { modified_at: __, ...first } = resultOf(before)
      assert.deepEqual(after, first)
    }
    const configs = await write("GET", "gateways/g/provider_configs")
    assert.deepEqual(
      (configs.body.result as ReadonlyArray<Record<string, unknown>>).map(({ alias, secret_preview }) => [
        alias,
        secret_preview,
      ]),
      [["default", "****6789"], ["second", "env:UP_KEY"]],
    )
    const fewer = resultOf(await write("PUT", "gateways/g", { cache_ttl: 5 }))
    assert.deepEqual([fewer["cache_ttl"], fewer["total_timeout"], fewer["routes"]], [5, null, ["fast"]])
  }))

test("null is the default of a setting, and PATCH leaves what it does not name", () =>
  written(async (write) => {
    await write("POST", "gateways", { id: "g", cache_ttl: 5, retry_predict: true, log_retention: 60 })
    const patched = resultOf(await write("PATCH", "gateways/g", { retry_predict: null, log_retention: null }))
    assert.deepEqual([patched["cache_ttl"], patched["retry_predict"], patched["log_retention"]], [
      5,
      false,
      null,
    ])
    const origins = async () =>
      Object.keys(Object(resultOf(await write("GET", "gateways/g/origins"))["settings"]))
    assert.deepEqual(await origins(), ["cache_ttl", "log_retention"])
    await write("PATCH", "gateways/g", { unset: ["log_retention"] })
    assert.deepEqual(await origins(), ["cache_ttl"])
    for (const unset of ["cache_ttl", [7], ["tokens"], ["cache_tll"], null]) {
      assertRefused(await write("PATCH", "gateways/g", { unset }), [400, 7001], /unset: expected a list/)
    }
    const refused = await write("PATCH", "gateways/g", { retry_predict: "yes", cache_ttl: 6 })
    assertRefused(refused, [400, 7001], /retry_predict: expected/)
    assert.equal(resultOf(await write("GET", "gateways/g"))["cache_ttl"], 5, "all or nothing")
  }))

test("a token that may only read reads, and every write with it is 403", () =>
  written(async (write) => {
    const reading = { authorization: "Bearer adm-reads" }
    await write("POST", "gateways", { id: "g" })
    assert.equal((await write("GET", "gateways/g", undefined, reading)).status, 200)
    assert.equal((await write("GET", "audit", undefined, reading)).status, 200)
    const writes = [
      ["POST", "gateways"],
      ["PUT", "gateways/g"],
      ["PATCH", "gateways/g"],
      ["DELETE", "gateways/g"],
      ["POST", "gateways/g/routes"],
      ["POST", "gateways/g/provider_configs"],
      ["POST", "gateways/g/tokens"],
      ["POST", "gateways/g/tokens/x/rotate"],
      ["POST", "custom-providers"],
      ["DELETE", "custom-providers/x"],
      ["DELETE", "gateways/g/logs"],
      ["PATCH", "gateways/g/logs/x"],
    ] as const
    for (const [method, path] of writes) {
      const refused = await write(method, path, {}, reading)
      assertRefused(refused, [403, 10000], /"eye" may only read. Use one with the role write/)
    }
  }, { BASEGATE_ADMIN_TOKEN: "ops:write:adm-in-0a1b2c,eye:read:adm-reads" }))

test("admin tokens are decoded strictly, and open nothing else", () => {
  const problem = (env: Record<string, string>) => {
    const read = readSettings(env)
    return Result.isFailure(read) ? read.failure : ""
  }
  for (const good of ["plain", "a:b", "ops:write:x,eye:read:y,plain", "ops:read:x:with:colons"]) {
    assert.equal(problem({ BASEGATE_ADMIN_TOKEN: good }), "", good)
  }
  for (
    const bad of [
      "ops:raed:x",
      "a b",
      ",",
      "",
      "ops:write:",
      "x,x",
      "a:read:x,b:write:x",
      ":read:x",
      "ann@example.com:read:x",
    ]
  ) {
    assert.match(problem({ BASEGATE_ADMIN_TOKEN: bad }), /^BASEGATE_ADMIN_TOKEN/, bad)
  }
  assert.match(problem({ BASEGATE_ADMIN_TOKEN: "o:write:x", BASEGATE_TOKENS: "x" }), /opens no gateway/)
  assert.match(
    problem({ BASEGATE_ADMIN_TOKEN: "o:write:x", BASEGATE_METRICS_TOKEN: "x" }),
    /opens nothing else/,
  )
  for (const bad of ["short", btoa("31 bytes are not enough, one less"), `${secretKey},x`, ""]) {
    assert.match(problem({ BASEGATE_SECRET_KEY: bad }), /^BASEGATE_SECRET_KEY: expected 32 bytes/, bad)
  }
})

test("the metrics token alone opens /metrics, and there is no management API", async () => {
  const gateway = createGateway({ env: { BASEGATE_METRICS_TOKEN: "met-1", LOG_LEVEL: "none" } })
  const ask = async (path: string, token: string) =>
    (await gateway.fetch(
      new Request(`https://gate.example${path}`, { headers: { authorization: `Bearer ${token}` } }),
    )).status
  assert.deepEqual([await ask("/metrics", "met-1"), await ask("/metrics", "met-2")], [200, 401])
  assert.equal(await ask("/client/v4/accounts/a/ai-gateway/gateways", "met-1"), 404)
  await gateway.dispose()
})

test("names that objects have anyway are names like others, or refused", () =>
  written(async (write) => {
    assert.equal((await write("POST", "gateways", { id: "constructor" })).status, 200)
    for (const path of ["toString", "__proto__", "valueOf"]) {
      assert.equal((await write("GET", `gateways/${path}`)).status, 404)
      assert.equal((await write("PATCH", `gateways/${path}`, { cache_ttl: 1 })).status, 404)
    }
    assertRefused(
      await write("POST", "gateways", { id: "__proto__" }),
      [400, 7001],
      /^Bad request: id: expected/,
    )
    const elements = [
      { id: "constructor", type: "start", outputs: { next: { elementId: "__proto__" } } },
      { id: "__proto__", type: "end" },
    ]
    const routes = "gateways/constructor/routes"
    assert.equal((await write("POST", routes, { name: "toString", elements })).status, 200)
    assertRefused(await write("POST", routes, { name: "__proto__", elements }), [400, 7001], /name: expected/)
    const key = { provider_slug: "baseten", default_config: false, secret: "env:UP_KEY" }
    const configs = "gateways/constructor/provider_configs"
    assert.equal((await write("POST", configs, { ...key, alias: "constructor" })).status, 200)
    assertRefused(
      await write("POST", configs, { ...key, alias: "__proto__" }),
      [400, 7001],
      /alias: expected/,
    )
    const proto = await write("PATCH", "gateways/constructor", JSON.parse(`{"__proto__": {"cache_ttl": 7}}`))
    assert.equal(proto.status, 400)
    const shown = resultOf(await write("GET", "gateways/constructor"))
    assert.deepEqual([shown["routes"], shown["cache_ttl"]], [["toString"], 0])
    assert.equal(({} as Record<string, unknown>)["cache_ttl"], undefined)
  }))

test("bodies are JSON objects, of some size and depth", () =>
  withAdmin(
    async (ask) => {
      const post = (body: string) => ask("gateways", { method: "POST", body })
      for (
        const body of ["", "[]", "1", "{", "null", `{"id": "x", "a": ${"[".repeat(200)}${"]".repeat(200)}}`]
      ) {
        assertRefused(await post(body), [400, 7001], /body|id: expected/)
      }
      assertRefused(await post("[".repeat(500_000)), [400, 7001], /JSON/)
      assertRefused(await post(`{"id":"${"x".repeat(1_048_576)}"}`), [400, 7001], /larger than/)
      const unknown = await ask("gateways", { method: "POST", body: `{"id": "x", "tokns": [], "zdr": true}` })
      assertRefused(unknown, [400, 7001], /zdr: not supported/)
      const misspelt = await ask("gateways", { method: "POST", body: `{"id": "x", "tokns": []}` })
      assertRefused(misspelt, [400, 7001], /tokns: unknown setting; perhaps tokens was meant/)
    },
    {},
    variables,
  ))

test("no secret stands in an answer, in the audit, or in what refuses it", () =>
  written(async (write) => {
    const secret = "sk-hidden-0123456789-abcdefgh"
    const answers: Array<Answer> = []
    const note = async (answer: Promise<Answer>) => {
      answers.push(await answer)
      return answers.at(-1) as Answer
    }
    await note(write("POST", "gateways", { id: "g", provider_keys: { baseten: { default: secret } } }))
    await note(
      write("POST", "gateways/g/provider_configs", { provider_slug: "baseten", alias: "two", secret }),
    )
    const headers = JSON.stringify({ authorization: `Bearer ${secret}` })
    const provider = { name: "n", slug: "one", base_url: "https://one.example", headers }
    const made = await note(write("POST", "custom-providers", provider))
    await note(write("PATCH", `custom-providers/${resultOf(made)["id"]}`, { description: "d" }))
    await note(write("GET", "custom-providers"))
    await note(write("GET", "gateways/g"))
    await note(write("GET", "audit"))
    assert.deepEqual(answers.map(({ status }) => status), answers.map(() => 200))
    for (
      const [path, body] of [
        ["gateways", { id: "h", provider_keys: { baseten: { default: `${secret}\n` } } }],
        ["gateways", { id: "h", provider_keys: { [secret.repeat(9)]: { default: "x" } } }],
        ["custom-providers", { ...provider, slug: "two", base_url: `https://u:${secret}@x.example` }],
        ["gateways/g/provider_configs", { provider_slug: "baseten", alias: "x", secret: `file:${secret}` }],
        ["gateways/g/provider_configs", { provider_slug: "baseten", alias: "x", secret: `sealed:${secret}` }],
        ["gateways/g/provider_configs", { provider_slug: "baseten", alias: "x", secret_id: secret }],
        ["gateways/g/provider_configs", {
          provider_slug: "baseten",
          alias: "x",
          secret: "env:BASEGATE_SECRET_KEY",
        }],
      ] as const
    ) {
      const refused = await note(write("POST", path, body))
      assert.equal(refused.status, 400, refused.text)
    }
    const shown = answers.map(({ text }) => text.replaceAll(secret.repeat(9).slice(0, 71), "")).join("")
    assert.ok(!shown.includes(secret), shown)
    assert.ok(!shown.includes(secretKey))
  }))

test("lists are exported whole, page by page", () =>
  written(async (write) => {
    await write("POST", "gateways", { id: "g" })
    const elements = [
      { id: "s", type: "start", outputs: { next: { elementId: "e" } } },
      { id: "e", type: "end" },
    ]
    const routes = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`route-${at}`, elements]))
    await write("PATCH", "gateways/g", { routes })
    const lines = (await write("GET", "gateways/g/routes?format=ndjson")).text.trim().split("\n")
    assert.deepEqual(lines.map((line) => (JSON.parse(line) as { name: string }).name), Object.keys(routes))
    const audit = await write("GET", "audit?format=csv")
    assert.match(audit.headers.get("content-disposition") ?? "", /basegate-audit-a-\d/)
    assert.match(audit.text, /^id,when,who,from,forwarded_for,action,/)
    assert.equal(audit.text.trim().split("\r\n").length, 3)
    await write("POST", "evaluation-types", {
      name: "Helpful",
      type: "judge",
      model: "baseten/a/b",
      prompt: "Good? {{answer}}",
    })
    const types = (await write("GET", "evaluation-types?format=csv")).text.split("\r\n")
    assert.match(types[0] ?? "", /^id,name,type,.*,model,prompt,/)
    assert.ok(types.some((line) => line.includes("Good? {{answer}}")))
    assert.equal((await write("GET", "gateways/g/evaluations?format=csv")).text, "id\r\n")
    await write("POST", "gateways", { id: "h", logpush: false })
    assert.match((await write("GET", "gateways?format=csv")).text, /^id,.*\blogpush\b.*\r\n/)
    const none = await write("GET", "gateways/g/provider_configs?format=ndjson")
    assert.deepEqual([none.status, none.text], [200, ""])
  }))

test("without a key only references are taken, and the answer says what to set", () =>
  written(async (write) => {
    await write("POST", "gateways", { id: "g" })
    const config = { provider_slug: "baseten", alias: "default", default_config: true }
    const refused = await write("POST", "gateways/g/provider_configs", { ...config, secret: "sk-text" })
    assertRefused(refused, [400, 7001], /no BASEGATE_SECRET_KEY .*env:NAME/)
    assert.equal(
      (await write("POST", "gateways/g/provider_configs", { ...config, secret: "env:UP_KEY" })).status,
      200,
    )
    const unset = await write("POST", "gateways/g/provider_configs", {
      ...config,
      alias: "x",
      secret: "env:NOT_SET",
    })
    assertRefused(unset, [400, 7001], /variable NOT_SET/)
  }, { BASEGATE_SECRET_KEY: undefined }))

test("the log of a gateway that is deleted goes with it; a masked header cannot be written as one", async () => {
  const sent: Array<string | null> = []
  const gateway = createGateway({
    env: { BASEGATE_ADMIN_TOKEN: "adm-1", ...variables, BASEGATE_OPEN: "true", LOG_LEVEL: "none" },
    log: RequestLog.layerMemory(),
    transport: Layer.succeed(Transport, {
      decodes: new Set<string>(),
      send: ({ headers }) => {
        sent.push(new Headers([...headers] as Array<[string, string]>).get("x-api-key"))
        return Promise.resolve(Response.json({}))
      },
    }),
  })
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await gateway.fetch(
      new Request(`https://gate.example/client/v4/accounts/a/ai-gateway/${path}`, {
        method,
        headers: { authorization: "Bearer adm-1" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    return { status: response.status, body: await response.json() as Answer["body"] }
  }
  const call = async () => {
    const response = await gateway.fetch(
      new Request("https://gate.example/v1/a/g/custom-one/x", { method: "POST", body: "{}" }),
    )
    await response.text()
    await gateway.idle()
  }
  const secret = "0123456789abcdefghij"
  await ask("POST", "gateways", { id: "g" })
  const headers = { "x-api-key": secret }
  const made = await ask("POST", "custom-providers", {
    name: "n",
    slug: "one",
    base_url: "https://one.example",
    headers: JSON.stringify(headers),
  })
  const { id } = made.body.result as { id: string }
  await call()
  await ask("PATCH", `custom-providers/${id}`, { headers: `{"x-api-key": "****ghij", "x-v": "2"}` })
  await call()
  const masked = await ask("PATCH", `custom-providers/${id}`, { headers: `{"x-api-key": "****abcd"}` })
  assert.equal(masked.status, 400)
  assert.deepEqual(sent, [secret, secret], "a masked value stands for what it was")
  assert.equal((await ask("GET", "gateways/g/logs")).body.result_info?.["total_count"], 2)
  assert.equal((await ask("DELETE", "gateways/g")).status, 200)
  await ask("POST", "gateways", { id: "g" })
  assert.equal((await ask("GET", "gateways/g/logs")).body.result_info?.["total_count"], 0)
  await gateway.dispose()
})

test("a provider's key is replaced in one step, on top of the version that was looked at", () =>
  written(async (write) => {
    await write("POST", "gateways", { id: "g" })
    const configs = "gateways/g/provider_configs"
    const make = (alias: string, secret: string) =>
      write("POST", configs, { provider_slug: "baseten", alias, secret, default_config: true })
    await make("default", "sk-first-0123456789")
    const second = await make("second", "env:UP_KEY")
    const path = `${configs}/${String(resultOf(second)["id"])}`
    const tag = second.headers.get("etag") ?? ""
    const replaced = await write("PATCH", path, { secret: "sk-newer-0123459999", alias: "third" }, {
      "if-match": tag,
    })
    assert.deepEqual(
      [replaced.status, resultOf(replaced)["secret_preview"], resultOf(replaced)["alias"]],
      [200, "****9999", "third"],
    )
    assert.ok(!replaced.text.includes("sk-newer"))
    const stale = await write("PATCH", path, { alias: "fourth" }, { "if-match": tag })
    assert.deepEqual([stale.status, resultOf(stale)["alias"]], [409, "third"])
    assertRefused(await write("PATCH", path, { alias: "default" }), [409, 9409], /already/)
    assertRefused(
      await write("PATCH", path, { secret: "env:BASEGATE_SECRET_KEY" }),
      [400, 7001],
      /secret: expected a variable/,
    )
    assertRefused(await write("PATCH", path, { provider_slug: "custom-x" }), [400, 7001], /provider_slug/)
    const list = (await write("GET", configs)).body.result as ReadonlyArray<Record<string, unknown>>
    assert.deepEqual(list.map(({ alias, default_config }) => [alias, default_config]), [
      ["default", false],
      ["third", true],
    ])
  }))

test("the audit is selected by who, what and when, and tells nobody a secret", () =>
  written(async (write) => {
    await write("POST", "gateways", { id: "g" })
    const made = resultOf(await write("POST", "gateways/g/tokens", { name: "ann" }))
    await write("PATCH", "gateways/g", { cache_ttl: 5 })
    const actions = async (query: string): Promise<ReadonlyArray<unknown>> => {
      const { status, body, text } = await write("GET", `audit?${query}`)
      assert.equal(status, 200, text)
      assert.ok(!text.includes(String(made["token"])))
      return (body.result as ReadonlyArray<{ readonly action: string }>).map(({ action }) => action)
    }
    assert.deepEqual(await actions(""), ["gateway.update", "token.create", "gateway.create"])
    assert.deepEqual(await actions("kind=token"), ["token.create"])
    assert.deepEqual(await actions(`resource=${String(made["id"])}`), ["token.create"])
    assert.deepEqual(await actions("who=admin&since=-1h"), [
      "gateway.update",
      "token.create",
      "gateway.create",
    ])
    assert.deepEqual(await actions("who=nobody"), [])
    assert.deepEqual(await actions("until=2020-01-01"), [])
    assertRefused(await write("GET", "audit?kind=gate"), [400, 7001], /kind/)
  }))

test("origins, and routes that are declared, are shown", () =>
  written(async (write) => {
    await write("POST", "gateways", { id: "g", cache_ttl: 5 })
    assert.deepEqual(resultOf(await write("GET", "gateways/g/origins")), {
      entry: "managed",
      at: null,
      settings: { cache_ttl: { from: "entry", at: null } },
    })
    const declared = await write("GET", "gateways/declared/origins")
    assert.deepEqual([resultOf(declared)["entry"], resultOf(declared)["at"]], ["declared", "BASEGATE_CONFIG"])
    assertRefused(await write("GET", "gateways/nowhere/origins"), [404, 7002], /no gateway/)
    const { text } = await write("GET", "gateways/declared/routes")
    const { data } = JSON.parse(text) as { readonly data: { readonly routes: ReadonlyArray<unknown> } }
    assert.deepEqual(
      data.routes.map((route) =>
        Object.entries(Object(route) as object).filter(([name]) => /^(id|name|elem)/.test(name))
      ),
      [[["id", null], ["name", "fast"], ["elements", [
        { id: "s", type: "start", properties: {}, outputs: { next: { elementId: "m" } } },
        {
          id: "m",
          type: "model",
          properties: { provider: "baseten", model: "a/b", retries: 1 },
          outputs: { success: { elementId: "e" } },
        },
        { id: "e", type: "end", properties: {}, outputs: {} },
      ]]]],
    )
  }, {
    BASEGATE_CONFIG: {
      gateways: {
        "a/declared": {
          routes: {
            fast: [
              { id: "s", type: "start", outputs: { next: { elementId: "m" } } },
              {
                id: "m",
                type: "model",
                properties: { provider: "baseten", model: "a/b", retries: 1 },
                outputs: { success: { elementId: "e" } },
              },
              { id: "e", type: "end" },
            ],
          },
        },
      },
    },
  }))
