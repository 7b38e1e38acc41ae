/** Whose key a custom provider sees, and which of the operator's headers. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, get, type Harness, json, key } from "../harness.ts"

/** What these cases need configured. The simulator stands for the operator's service, too. */
export const customProviderKeyEntries = ({ url }: Simulator): Configured => {
  const service = { base_url: url, allow_http: true }
  return {
    entries: {
      custom: {
        custom_providers: {
          bare: service,
          stored: service,
          headed: { ...service, headers: { authorization: "Bearer sk-written", "X-Team": "search" } },
          referred: {
            ...service,
            headers: { authorization: "env:CUSTOM_AUTHORIZATION", "x-tenant": "env:CUSTOM_TENANT" },
          },
        },
        provider_keys: {
          "custom-stored": { default: "env:CUSTOM_KEY", other: "env:CUSTOM_OTHER" },
        },
      },
      "custom-guarded": {
        tokens: ["token-custom"],
        custom_providers: { bare: service, referred: { ...service, headers: { "x-key": "env:CUSTOM_KEY" } } },
      },
      "custom-optional": {
        tokens: ["token-custom-optional"],
        authentication: false,
        custom_providers: { bare: service },
      },
    },
    variables: {
      CUSTOM_KEY: "sk-custom",
      CUSTOM_OTHER: "sk-custom-other",
      CUSTOM_AUTHORIZATION: "Api-Key sk-referred",
      CUSTOM_TENANT: "tenant-secret",
    },
  }
}

export const customProviderKeyCases = (harness: Harness): void => {
  const echo = async (
    provider: string,
    headers: Record<string, string> = {},
    gateway = "custom",
  ) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(gateway)}/custom-${provider}/v1/echo`, {
      headers: { ...headers, "x-simulator-case": id },
    })
    const text = await response.text()
    const [sent] = harness.simulator.requests(id)
    return { status: response.status, text, sent, headers: sent?.headers ?? {} }
  }
  const byModel = async (model: string) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry("custom")}/compat/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-simulator-case": id },
      body: chat({ model }),
    })
    await response.text()
    return harness.reached(id).headers["authorization"]
  }

  test("the caller's own key is forwarded unchanged, whatever its header and scheme", async () => {
    const ways: ReadonlyArray<Record<string, string>> = [
      { authorization: "Bearer sk-own" },
      { authorization: "Api-Key sk-own" },
      { authorization: "Bearer sk-own", "x-api-key": "sk-second" },
    ]
    for (const provider of ["bare", "stored", "headed", "referred"]) {
      for (const headers of ways) {
        const sent = (await echo(provider, headers)).headers
        for (const [name, value] of Object.entries(headers)) assert.equal(sent[name], value, provider)
      }
      const lone = (await echo(provider, { "x-api-key": "sk-own" })).headers
      assert.deepEqual([lone["x-api-key"], lone["authorization"]], ["sk-own", undefined], provider)
    }
  })

  test("a stored key serves callers without one, by alias; Baseten's is never used", async () => {
    assert.equal((await echo("stored")).headers["authorization"], "Bearer sk-custom")
    assert.equal(
      (await echo("stored", { "cf-aig-byok-alias": "other" })).headers["authorization"],
      "Bearer sk-custom-other",
    )
    const unknown = await echo("stored", { "cf-aig-byok-alias": "nobody" })
    assert.equal((JSON.parse(unknown.text) as { internalCode: number }).internalCode, 2040)
    assert.equal(await byModel("custom-stored/m"), "Bearer sk-custom")
    assert.equal(await byModel("baseten/m"), "Bearer sk-stored")
  })

  test("a provider may need no key: none is added, and its answer is relayed", async () => {
    const { status, text, headers } = await echo("bare")
    assert.deepEqual([status, text], [401, "No Authorization header provided"])
    for (const name of ["authorization", "x-api-key", "api-key"]) assert.equal(headers[name], undefined)
    for (const empty of ["Bearer ", "Bearer undefined"]) {
      assert.equal((await echo("bare", { authorization: empty })).headers["authorization"], undefined)
    }
  })

  test("configured headers are added, literal ones and references", async () => {
    const headed = (await echo("headed")).headers
    assert.deepEqual([headed["authorization"], headed["x-team"]], ["Bearer sk-written", "search"])
    const referred = (await echo("referred")).headers
    assert.deepEqual([referred["authorization"], referred["x-tenant"]], [
      "Api-Key sk-referred",
      "tenant-secret",
    ])
    // The caller cannot put others in their place, but for its own key.
    const own = (await echo("headed", { ...key, "x-team": "mine" })).headers
    assert.deepEqual([own["authorization"], own["x-team"]], ["Bearer sk-own", "search"])
    assert.equal(await byModel("custom-referred/m"), "Api-Key sk-referred")
  })

  test("stored keys and headers by reference are only for trusted callers", async () => {
    for (const provider of ["stored", "referred"]) {
      const target = `${harness.entry("custom")}/custom-${provider}/v1/echo`
      const { host } = new URL(target)
      assert.equal((await get(target, { host })).status, 200)
      for (
        const headers of [
          { host, origin: "https://evil.example" },
          { host: "evil.example" },
          { host, "x-forwarded-for": "203.0.113.7" },
        ]
      ) {
        const { status, text } = await get(target, headers)
        assert.equal(status, 401, `${provider}: ${JSON.stringify(headers)}`)
        assert.doesNotMatch(text, /sk-|tenant-secret|CUSTOM_/)
        const own = await get(target, { ...headers, authorization: "Bearer sk-own" })
        assert.equal(own.status, 200)
        assert.doesNotMatch(own.text, /sk-custom|sk-referred|tenant-secret/)
      }
    }
  })

  const token = "token-custom"
  const shown: ReadonlyArray<readonly [string, Record<string, string>]> = [
    ["cf-aig-authorization", { "cf-aig-authorization": `Bearer ${token}` }],
    ["authorization", { authorization: `Bearer ${token}` }],
    ["x-api-key", { "x-api-key": token }],
    ["api-key", { "api-key": token }],
    ["two headers", { authorization: `Bearer ${token}`, "x-api-key": token }],
  ]
  for (const [place, headers] of shown) {
    test(`a gateway token in ${place} is never forwarded to a custom provider, and a key beside it is`, async () => {
      const gateway = "custom-guarded"
      for (const provider of ["bare", "referred"]) {
        const { sent } = await echo(provider, headers, gateway)
        assert.notEqual(sent, undefined)
        assert.doesNotMatch(JSON.stringify(sent), new RegExp(token))
        assert.equal(sent?.headers["x-key"], provider === "referred" ? "sk-custom" : undefined)
      }
      const own = "authorization" in headers ? { "api-key": "sk-own" } : { authorization: "Bearer sk-own" }
      const { sent } = await echo("bare", { ...headers, ...own }, gateway)
      assert.doesNotMatch(JSON.stringify(sent), new RegExp(token))
      for (const [name, value] of Object.entries(own)) assert.equal(sent?.headers[name], value)
      // Nor is another gateway's.
      const foreign = await echo("bare", headers, "custom")
      assert.doesNotMatch(JSON.stringify(foreign.sent), new RegExp(token))
    })
  }

  test("several keys in one header are refused, whatever else is sent", async () => {
    const mixed = "Bearer token-custom-optional, Bearer sk-own"
    for (
      const headers of [
        { authorization: mixed },
        { "x-api-key": mixed },
        { authorization: "Bearer sk-own", "x-api-key": "token-custom-optional, sk-own" },
        { authorization: "Bearer token-custom-optional", "api-key": mixed },
      ]
    ) {
      const { status, text, sent } = await echo("bare", headers, "custom-optional")
      assert.deepEqual([status, sent], [400, undefined], JSON.stringify(headers))
      assert.doesNotMatch(text, /token-custom-optional|sk-own/)
    }
  })

  test("a scheme with parameters of its own is one credential", async () => {
    const authorization = 'Digest username="a", realm="b", nonce="c=="'
    const { headers } = await echo("bare", { authorization })
    assert.equal(headers["authorization"], authorization)
  })

  test("custom providers answer on the universal endpoint, each with its own key", async () => {
    const id = harness.nextCase()
    const step = (provider: string, headers: object) => ({
      provider,
      endpoint: provider === "compat" ? "chat/completions" : "v1/chat/completions",
      headers: { "x-simulator-case": id, ...headers },
      query: JSON.parse(
        chat({
          model: provider === "compat" ? "custom-referred/openai/gpt-oss-120b" : "openai/gpt-oss-120b",
        }),
      ) as object,
    })
    const failing = { "x-simulator-fault": JSON.stringify({ status: 529 }) }
    const response = await fetch(harness.entry("custom"), {
      method: "POST",
      headers: json,
      body: JSON.stringify([
        step("baseten", failing),
        step("custom-stored", failing),
        step("custom-headed", failing),
        step("compat", {}),
      ]),
    })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get("cf-aig-step"), "3")
    await response.text()
    assert.deepEqual(
      harness.simulator.requests(id).map(({ headers }) => headers["authorization"]),
      ["Bearer sk-stored", "Bearer sk-custom", "Bearer sk-written", "Api-Key sk-referred"],
    )
  })
}
