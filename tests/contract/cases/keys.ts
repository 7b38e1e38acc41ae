/** Stored keys: by provider and alias, for trusted callers alone; and tokens, which go nowhere. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, get, type Harness, json } from "../harness.ts"

/** What these cases need configured. */
export const keyEntries = (): Configured => ({
  entries: {
    "keys-two": {
      tokens: ["token-two"],
      byok_only: true,
      provider_keys: { baseten: { default: "env:KEYS_TEAM", batch: "env:KEYS_BATCH" } },
    },
    "keys-open": { provider_keys: { baseten: { default: "env:KEYS_OTHER", spare: "env:KEYS_BATCH" } } },
    "keys-aliased": { provider_keys: { baseten: { batch: "env:KEYS_BATCH" } } },
    "keys-optional": { tokens: ["token-optional"], authentication: false },
    "keys-api-key": {
      auth_scheme: "api-key",
      provider_keys: { baseten: { default: "env:KEYS_TEAM" } },
    },
  },
  variables: { KEYS_TEAM: "sk-team", KEYS_BATCH: "sk-batch", KEYS_OTHER: "sk-other" },
})

export const keyCases = (harness: Harness): void => {
  const echo = async (gateway: string, headers: Record<string, string> = {}) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(gateway)}/baseten/v1/echo`, {
      headers: { ...headers, "x-simulator-case": id },
    })
    const text = await response.text()
    const [sent] = harness.simulator.requests(id)
    return { status: response.status, text, sent: sent?.headers, key: sent?.headers["authorization"] }
  }
  const codeOf = (text: string) => (JSON.parse(text) as { internalCode: number }).internalCode
  const two = { "cf-aig-authorization": "Bearer token-two" }

  test("each gateway has its own stored key, which takes precedence over BASETEN_API_KEY", async () => {
    assert.equal((await echo("keys-two", two)).key, "Bearer sk-team")
    assert.equal((await echo("keys-open")).key, "Bearer sk-other")
    assert.equal((await echo("keys-api-key")).key, "Api-Key sk-team")
    assert.equal((await echo("plain")).key, "Bearer sk-stored")
  })

  test("cf-aig-byok-alias chooses among them", async () => {
    assert.equal((await echo("keys-two", { ...two, "cf-aig-byok-alias": "batch" })).key, "Bearer sk-batch")
    assert.equal((await echo("keys-two", { ...two, "cf-aig-byok-alias": "default" })).key, "Bearer sk-team")
    assert.equal((await echo("keys-open", { "cf-aig-byok-alias": "spare" })).key, "Bearer sk-batch")
    // Beside aliases of its own, a gateway keeps the default that every gateway has.
    assert.equal((await echo("keys-aliased")).key, "Bearer sk-stored")
    assert.equal((await echo("keys-aliased", { "cf-aig-byok-alias": "batch" })).key, "Bearer sk-batch")
  })

  test("the request's own key takes precedence over a stored one, and the alias is ignored", async () => {
    const headers = { ...two, authorization: "Bearer sk-own", "cf-aig-byok-alias": "nobody" }
    assert.equal((await echo("keys-two", headers)).key, "Bearer sk-own")
  })

  test("an unknown alias is 400, code 2040, and lists the known ones", async () => {
    const { status, text, sent } = await echo("keys-two", { ...two, "cf-aig-byok-alias": "nobody" })
    assert.deepEqual([status, codeOf(text), sent], [400, 2040, undefined])
    assert.match(text, /nobody/)
    assert.match(text, /default/)
    assert.match(text, /batch/)
    assert.doesNotMatch(text, /sk-|KEYS_|token-two/)
    // Another gateway's aliases are nobody's business here.
    const other = await echo("plain", { "cf-aig-byok-alias": "batch" })
    assert.deepEqual([other.status, codeOf(other.text)], [400, 2040])
    assert.doesNotMatch(other.text, /spare/)
  })

  test("an alias without any stored key is 400, code 2040, too", async () => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.base}/baseten/v1/echo`, {
      headers: { "cf-aig-byok-alias": "batch", "x-simulator-case": id },
    })
    assert.deepEqual([response.status, codeOf(await response.text())], [400, 2040])
    assert.equal(harness.simulator.requests(id).length, 0)
  })

  test("an untrusted caller does not learn the aliases", async () => {
    const target = `${harness.entry("keys-open")}/baseten/v1/models`
    const { host } = new URL(target)
    for (const alias of ["nobody", "spare", "default"]) {
      for (
        const headers of [{ host, origin: "https://evil.example" }, { host: "evil.example" }, {
          host,
          "x-forwarded-for": "203.0.113.7",
        }]
      ) {
        const { status, text } = await get(target, { ...headers, "cf-aig-byok-alias": alias })
        assert.deepEqual([status, codeOf(text)], [401, 2009])
        assert.doesNotMatch(text, /spare|default|sk-/)
      }
    }
  })

  test("byok_only and cf-aig-no-wholesale are accepted, and change nothing", async () => {
    for (const value of ["true", "false"]) {
      const headers = { ...two, "cf-aig-no-wholesale": value }
      assert.equal((await echo("keys-two", headers)).key, "Bearer sk-team")
      const { sent } = await echo("keys-two", { ...headers, authorization: "Bearer sk-own" })
      assert.equal(sent?.["authorization"], "Bearer sk-own")
      assert.equal(sent?.["cf-aig-no-wholesale"], undefined)
    }
  })

  test("a universal step without a key gets the stored one, under its own alias or the request's", async () => {
    for (
      const [outer, inner, expected] of [
        [{}, {}, "sk-team"],
        [{ "cf-aig-byok-alias": "batch" }, {}, "sk-batch"],
        [{}, { "cf-aig-byok-alias": "batch" }, "sk-batch"],
        [{ "cf-aig-byok-alias": "nobody" }, { "cf-aig-byok-alias": "batch" }, "sk-batch"],
        [{}, { authorization: "Bearer sk-own" }, "sk-own"],
        // A token opens nothing from within a step, and goes nowhere.
        [{}, { authorization: "Bearer token-two" }, "sk-team"],
      ] as const
    ) {
      const id = harness.nextCase()
      const response = await fetch(harness.entry("keys-two"), {
        method: "POST",
        headers: { ...two, ...outer, "content-type": "application/json" },
        body: JSON.stringify({
          provider: "baseten",
          endpoint: "v1/chat/completions",
          headers: { ...inner, "x-simulator-case": id },
          query: JSON.parse(chat()) as object,
        }),
      })
      await response.text()
      assert.equal(harness.reached(id).headers["authorization"], `Bearer ${expected}`)
      assert.doesNotMatch(JSON.stringify(harness.reached(id).headers), /token-two/)
    }
  })

  const places = [
    "cf-aig-authorization",
    "authorization",
    "x-api-key",
    "api-key",
  ] as const
  for (const place of places) {
    test(`another gateway's token in ${place} does not authenticate and is never forwarded`, async () => {
      const value = place.endsWith("authorization") ? "Bearer token-two" : "token-two"
      for (const guarded of ["guarded", "keys-two"]) {
        const token = guarded === "keys-two" ? value.replace("token-two", "gateway-token") : value
        const { status, text, sent } = await echo(guarded, { [place]: token })
        assert.deepEqual([status, codeOf(text), sent], [401, 2009, undefined])
        assert.doesNotMatch(text, /token-two|gateway-token/)
      }
      // Where no token is needed it is no key either: the stored one is used, or the caller's in another header.
      for (const open of ["plain", "keys-optional"]) {
        const { status, sent } = await echo(open, { [place]: value })
        assert.deepEqual([status, sent?.["authorization"]], [200, "Bearer sk-stored"])
        assert.doesNotMatch(JSON.stringify(sent), /token-two/)
      }
      const own = place === "authorization" ? { "x-api-key": "sk-own" } : { authorization: "Bearer sk-own" }
      const { sent } = await echo("plain", { [place]: value, ...own })
      assert.equal(sent?.["authorization"], "Bearer sk-own")
      assert.doesNotMatch(JSON.stringify(sent), /token-two/)
    })
  }

  test("another gateway's token does not make a caller trusted", async () => {
    const target = `${harness.entry("keys-optional")}/baseten/v1/models`
    const { host } = new URL(target)
    const stranger = { host, "x-forwarded-for": "203.0.113.7" }
    const call = (token: string) => get(target, { ...stranger, "cf-aig-authorization": `Bearer ${token}` })
    assert.equal((await call("token-two")).status, 401)
    assert.equal((await call("token-optional")).status, 200)
  })

  test("several keys in one header are refused, so that no token among them is forwarded", async () => {
    const values = [
      "Bearer sk-own, Bearer token-optional",
      "Bearer token-optional, Bearer sk-own",
      "Bearer sk-own Bearer token-optional",
      "Bearer token-optional,sk-own",
      "token-optional, sk-own",
      "token-optional,Bearer sk-own",
      "Basic abc, Bearer token-optional",
      "Digest a=b, Bearer token-optional",
    ]
    for (const header of ["authorization", "x-api-key", "api-key"]) {
      for (const value of values) {
        const { status, text, sent } = await echo("keys-optional", { [header]: value })
        assert.deepEqual([status, sent], [400, undefined], `${header}: ${value}`)
        assert.doesNotMatch(text, /token-optional|sk-own/)
      }
    }
  })

  test("two Authorization lines are never joined into one key, nor is a token among them forwarded", async () => {
    const id = harness.nextCase()
    const target = `${harness.entry("keys-optional")}/baseten/v1/models`
    const { status, text } = await get(target, {
      host: new URL(target).host,
      "x-simulator-case": id,
      authorization: ["Bearer token-optional", "Bearer sk-own"],
    })
    assert.doesNotMatch(text, /token-optional|sk-own/)
    const [sent] = harness.simulator.requests(id)
    if (sent === undefined) assert.equal(status, 400)
    else assert.doesNotMatch(JSON.stringify(sent.raw_headers), /token-optional/)
  })

  test("no record and no log line contains a key or a token", async () => {
    await echo("keys-two", { ...two, ...json })
    const logged = JSON.stringify(harness.configured.records())
    assert.doesNotMatch(logged, /sk-(?:team|batch|other|stored|own)|token-(?:two|optional)|gateway-token/)
  })
}
