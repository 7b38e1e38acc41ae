/** Settings that are written through the management API hold for the next request, on every runtime. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, type Harness, json } from "../harness.ts"
import { adminToken } from "./log-api.ts"

/** Seals what these cases write. */
const secretKey = btoa("0123456789abcdef0123456789abcdef")

/** What these cases need configured. */
export const writtenSettingsEntries = (): Configured => ({
  entries: { "written-not": {} },
  variables: {
    BASEGATE_SECRET_KEY: secretKey,
    BASEGATE_METRICS_TOKEN: "met-contract",
    WRITTEN_KEY: "sk-by-reference",
  },
})

interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly body: {
    readonly errors: ReadonlyArray<{ readonly code: number; readonly message: string }>
    readonly result: Readonly<Record<string, unknown>>
  }
}

export const writtenSettingsCases = (harness: Harness): void => {
  const write = async (
    method: string,
    path: string,
    body?: object | string,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${harness.configured.url}/client/v4/accounts/account/ai-gateway/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
    return {
      status: response.status,
      etag: response.headers.get("etag"),
      body: await response.json() as Answer["body"],
    }
  }
  const call = async (gateway: string, headers: Record<string, string> = {}, path = "baseten/v1") => {
    const response = await fetch(`${harness.entry(gateway)}/${path}/chat/completions`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: chat(),
    })
    await response.text()
    return response.status
  }
  const messageOf = ({ body }: Answer) => body.errors[0]?.message ?? ""

  test("a created gateway exists for the next request, and a deleted one does not", async () => {
    const created = await write("POST", "gateways", { id: "written-one", rate_limiting_limit: null })
    assert.deepEqual([created.status, created.body.result["id"]], [200, "written-one"])
    assert.equal(await call("written-one"), 200)
    const limited = { rate_limits: [{ limit: 1, interval: 3600 }] }
    assert.equal((await write("PATCH", "gateways/written-one", limited)).status, 200)
    assert.deepEqual([await call("written-one"), await call("written-one")], [200, 429])
    assert.equal((await write("PATCH", "gateways/written-one", { rate_limits: null })).status, 200)
    assert.equal(await call("written-one"), 200)
    assert.equal((await write("DELETE", "gateways/written-one")).status, 200)
    assert.equal(await call("written-one"), 400)
  })

  test("a body that says something twice is refused, and writes nothing", async () => {
    await write("POST", "gateways", { id: "written-once" })
    for (
      const [method, path, body, named] of [
        ["POST", "gateways", '{"id":"written-twice","id":"written-twice-2"}', /"id"/],
        ["PATCH", "gateways/written-once", '{"cache_ttl":1,"cache_\\u0074tl":300}', /"cache_ttl"/],
        [
          "PATCH",
          "gateways/written-once",
          '{"rate_limits":[{"limit":1,"limit":9,"interval":60}]}',
          /"limit"/,
        ],
        ["POST", "gateways/written-once/tokens", '{"name":"a","name":"b"}', /"name"/],
        ["PATCH", "gateways/written-once/logs/none", '{"score":1,"score":2}', /"score"/],
      ] as const
    ) {
      const answer = await write(method, path, body)
      assert.equal(answer.status, 400, body)
      assert.match(messageOf(answer), named)
    }
    for (const id of ["written-twice", "written-twice-2"]) {
      assert.equal((await write("GET", `gateways/${id}`)).status, 404)
    }
    const { etag, body: { result } } = await write("GET", "gateways/written-once")
    assert.equal(result["cache_ttl"], 0)
    assert.equal(
      (await write("DELETE", "gateways/written-once", undefined, { "if-match": etag ?? "" })).status,
      200,
    )
  })

  test("two writers: If-Match admits the first, and shows the second the newer version", async () => {
    await write("POST", "gateways", { id: "written-two", cache_ttl: 1 })
    const { etag } = await write("GET", "gateways/written-two")
    const headers = { "if-match": etag ?? "" }
    const both = await Promise.all(
      [2, 3].map((cache_ttl) => write("PATCH", "gateways/written-two", { cache_ttl }, headers)),
    )
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
    const [won, lost] = both.toSorted((one, other) => one.status - other.status)
    assert.equal(lost?.body.result["cache_ttl"], won?.body.result["cache_ttl"])
    assert.deepEqual([lost?.etag, messageOf(lost as Answer)], [won?.etag, messageOf(lost as Answer)])
    assert.equal((await write("DELETE", "gateways/written-two", undefined, headers)).status, 409)
    const late = { "if-match": lost?.etag ?? "" }
    assert.equal((await write("DELETE", "gateways/written-two", undefined, late)).status, 200)
  })

  test("concurrent writers without If-Match all succeed, and no change is lost", async () => {
    /**
     * A writer waits two seconds for its turn, which a busy machine may use up. What 503 says nothing of is looked up,
     * and written again if it was not.
     */
    const make = async (id: string): Promise<number> => {
      for (let tries = 1;; tries++) {
        const { status } = await write("POST", "gateways", { id })
        if (status !== 503 || tries === 10) return status
        const found = await write("GET", `gateways/${id}`)
        if (found.status === 200) return found.status
      }
    }
    const ids = Array.from({ length: 12 }, (_, at) => `written-many-${at}`)
    const made = await Promise.all(ids.map(make))
    assert.deepEqual(made, made.map(() => 200))
    for (const id of ids) assert.equal((await write("GET", `gateways/${id}`)).status, 200, id)
    for (const id of ids) {
      const { status } = await write("DELETE", `gateways/${id}`)
      assert.ok(status === 200 || status === 503, `${id}: ${status}`)
    }
  })

  test("declared settings are read-only, and problems are named", async () => {
    const declared = await write("PATCH", "gateways/written-not", { cache_ttl: 5 })
    assert.equal(declared.status, 409)
    const place = harness.flags.followsFile ? /basegate\.yaml, line \d+\./ : /BASEGATE_CONFIG\./
    assert.match(messageOf(declared), place)
    const wrong = await write("POST", "gateways", {
      id: "written-bad",
      cache_ttl: -1,
      retry_dealy: 5,
      zdr: false,
    })
    assert.equal(wrong.status, 400)
    assert.match(messageOf(wrong), /retry_dealy: unknown setting; perhaps retry_delay.*cache_ttl: expected/)
    assert.equal(await call("written-bad"), 400)
    for (const id of ["__proto__", "a b", "", 5, "x".repeat(65)]) {
      assert.equal((await write("POST", "gateways", { id } as object)).status, 400, `${id}`)
    }
    assert.equal((await write("GET", "gateways/constructor")).status, 404)
  })

  test("a key is encrypted and used, never shown; a reference cannot name one of the gateway's variables", async () => {
    const secret = "sk-sealed-0123456789-tail"
    await write("POST", "gateways", { id: "written-keys" })
    const config = { provider_slug: "baseten", alias: "default", default_config: true }
    const made = await write("POST", "gateways/written-keys/provider_configs", { ...config, secret })
    assert.deepEqual([made.status, made.body.result["secret_preview"]], [200, "****tail"])
    const id = harness.nextCase()
    assert.equal(await call("written-keys", { authorization: "", "x-simulator-case": id }), 200)
    assert.match(harness.headersOf(id).get("authorization") ?? "", new RegExp(`${secret}$`))
    const alias = { ...config, alias: "second", default_config: false }
    const own = await write("POST", "gateways/written-keys/provider_configs", {
      ...alias,
      secret: "env:BASEGATE_ADMIN_TOKEN",
    })
    assert.equal(own.status, 400)
    const referred = await write("POST", "gateways/written-keys/provider_configs", {
      ...alias,
      secret: "env:WRITTEN_KEY",
    })
    assert.equal(referred.body.result["secret_preview"], "env:WRITTEN_KEY")
    const shown = await Promise.all(
      ["gateways/written-keys", "gateways/written-keys/provider_configs", "audit?per_page=100"].map((path) =>
        write("GET", path)
      ),
    )
    assert.ok(!JSON.stringify(shown).includes(secret))
    await write("DELETE", "gateways/written-keys")
  })

  test("a custom provider is available to the account's gateways, and the audit says who created it", async () => {
    await write("POST", "gateways", { id: "written-custom" })
    const made = await write("POST", "custom-providers", {
      name: "Local",
      slug: "written",
      base_url: harness.simulator.url,
      allow_http: true,
    })
    assert.equal(made.status, 200)
    assert.equal(await call("written-custom", {}, "custom-written/v1"), 200)
    const problem = async (answer: Promise<Answer>) => {
      const { status, body } = await answer
      return [status, body.errors[0]?.code]
    }
    const other = { name: "Other", slug: "written", base_url: "https://other.example" }
    const audit = await write("GET", "audit?per_page=1")
    // Cloudflare's own codes.
    assert.deepEqual(await problem(write("POST", "custom-providers", other)), [409, 1003])
    for (const base_url of ["http://other.example", "https://u:p@other.example", "other", ""]) {
      const wrong = { ...other, slug: "wrong", base_url }
      assert.deepEqual(await problem(write("POST", "custom-providers", wrong)), [400, 1002], base_url)
    }
    const place = `custom-providers/${made.body.result["id"]}`
    assert.deepEqual(await problem(write("PATCH", place, { base_url: "ftp://x.example" })), [400, 1002])
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const body = method === "PATCH" ? { name: "n" } : undefined
      assert.deepEqual(await problem(write(method, "custom-providers/none", body)), [404, 1004], method)
    }
    const [entry] = audit.body.result as unknown as ReadonlyArray<Record<string, unknown>>
    assert.deepEqual(
      [entry?.["who"], entry?.["action"], entry?.["resource_id"]],
      ["admin", "custom_provider.create", made.body.result["id"]],
    )
    assert.equal((await write("DELETE", place)).status, 200)
    assert.equal(await call("written-custom", {}, "custom-written/v1"), 400)
    await write("DELETE", "gateways/written-custom")
  })

  test("a token is created, changed, rotated and revoked, with effect at the next request", async () => {
    await write("POST", "gateways", { id: "written-tokens" })
    const as = (token: unknown) => call("written-tokens", { "cf-aig-authorization": `Bearer ${token}` })
    const made = await write("POST", "gateways/written-tokens/tokens", { name: "ann", models: ["openai/*"] })
    assert.equal(made.status, 200)
    const { id, token } = made.body.result
    assert.deepEqual([await as(token), await call("written-tokens")], [200, 401])
    const place = `gateways/written-tokens/tokens/${id}`
    assert.equal((await write("PATCH", place, { models: ["zai-org/*"] })).status, 200)
    assert.equal(await as(token), 403)
    await write("PATCH", place, { models: null })
    const rotated = await write("POST", `${place}/rotate`, { overlap: 60 })
    assert.deepEqual([await as(token), await as(rotated.body.result["token"])], [200, 200])
    const again = await write("POST", `${place}/rotate`, {})
    const last = again.body.result["token"]
    assert.deepEqual([await as(token), await as(rotated.body.result["token"]), await as(last)], [
      401,
      401,
      200,
    ])
    assert.equal((await write("DELETE", place)).status, 200)
    assert.deepEqual([await as(last), await call("written-tokens")], [401, 401])
    const shown = [
      await write("GET", "gateways/written-tokens/tokens"),
      await write("GET", "audit?per_page=100"),
    ]
    for (const secret of [token, last]) assert.ok(!JSON.stringify(shown).includes(`${secret}`.slice(4)))
    await write("DELETE", "gateways/written-tokens")
    // Where no token is asked for it is no provider's key either.
    await write("POST", "gateways", { id: "written-open" })
    for (const name of ["authorization", "x-api-key"]) {
      assert.equal(await call("written-open", { authorization: "", [name]: `Bearer ${last}` }), 401)
    }
    assert.equal(await call("written-open"), 200)
    await write("DELETE", "gateways/written-open")
  })

  test("the metrics token opens only /metrics", async () => {
    const headers = { authorization: "Bearer met-contract" }
    const metrics = await fetch(`${harness.configured.url}/metrics`, { headers })
    assert.deepEqual([metrics.status, (await metrics.text()).includes("basegate_build_info")], [200, true])
    assert.equal((await write("GET", "gateways", undefined, headers)).status, 401)
  })
}
