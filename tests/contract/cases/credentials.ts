/** Whose key Baseten sees, and who may call. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, get, type Harness, json } from "../harness.ts"

/** What these cases need configured. */
export const credentialEntries = (): Configured => ({
  entries: { guarded: { tokens: ["gateway-token"] }, "api-key": { auth_scheme: "api-key" } },
})

export const credentialCases = (harness: Harness): void => {
  const echo = async (base: string, headers: Record<string, string>) => {
    const id = harness.nextCase()
    const response = await fetch(`${base}/baseten/v1/echo`, {
      headers: { ...headers, "x-simulator-case": id },
    })
    const text = await response.text()
    const [sent] = harness.simulator.requests(id)
    return { status: response.status, text, sent: sent?.headers }
  }

  const accepted: ReadonlyArray<readonly [string, Record<string, string>]> = [
    ["Bearer", { authorization: "Bearer sk-own" }],
    ["Api-Key", { authorization: "Api-Key sk-own" }],
    ["bearer, oddly spaced", { authorization: "bearer   sk-own" }],
    ["a lone x-api-key", { "x-api-key": "sk-own" }],
  ]
  for (const [name, headers] of accepted) {
    test(`${name} reaches Baseten as the configured scheme`, async () => {
      const bearer = await echo(harness.base, headers)
      assert.equal(bearer.sent?.["authorization"], "Bearer sk-own")
      assert.equal(bearer.sent?.["x-api-key"], undefined)
      const apiKey = await echo(harness.entry("api-key"), headers)
      assert.equal(apiKey.sent?.["authorization"], "Api-Key sk-own")
    })
  }

  for (const value of [undefined, "Bearer ", "Bearer undefined", "Bearer null", ""]) {
    test(`no credential (${value}) is 401, code 2009, and never reaches Baseten`, async () => {
      const id = harness.nextCase()
      const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-simulator-case": id,
          ...(value !== undefined && { authorization: value }),
        },
        body: chat(),
      })
      assert.equal(response.status, 401)
      const body = await response.json() as Record<string, unknown> & { error: [{ code: number }] }
      assert.equal(body.error[0].code, 2009)
      assert.deepEqual(Object.keys(body), [
        "success",
        "result",
        "messages",
        "error",
        "name",
        "httpCode",
        "internalCode",
        "message",
        "description",
      ])
      assert.equal(harness.simulator.requests(id).length, 0)
    })
  }

  test("a gateway with authentication refuses a missing or wrong token: 401, code 2009", async () => {
    const base = harness.entry("guarded")
    const callers: ReadonlyArray<readonly [headers: Record<string, string>, says: RegExp]> = [
      [{}, /the request has none/],
      [{ "cf-aig-authorization": "Bearer undefined" }, /the request has none/],
      [{ "cf-aig-authorization": "Bearer wrong" }, /gateway token is not valid.*Check cf-aig-authorization/],
      [{ "cf-aig-authorization": "wrong" }, /gateway token is not valid/],
      [{ authorization: "Bearer sk-own" }, /what authorization holds is not a valid one/],
      [{ "x-api-key": "wrong" }, /what x-api-key holds is not a valid one/],
    ]
    for (const [headers, says] of callers) {
      const { status, text, sent } = await echo(base, headers)
      assert.deepEqual([status, sent], [401, undefined])
      assert.equal((JSON.parse(text) as { internalCode: number }).internalCode, 2009)
      assert.match(text, says)
      assert.doesNotMatch(text, /wrong|sk-own|gateway-token/)
    }
  })

  const shown: ReadonlyArray<readonly [string, Record<string, string>, key: string]> = [
    ["cf-aig-authorization", { "cf-aig-authorization": "Bearer gateway-token" }, "sk-stored"],
    ["cf-aig-authorization without Bearer", { "cf-aig-authorization": "gateway-token" }, "sk-stored"],
    ["authorization, in the provider's place", { authorization: "Bearer gateway-token" }, "sk-stored"],
    ["x-api-key, in the provider's place", { "x-api-key": "gateway-token" }, "sk-stored"],
    [
      "cf-aig-authorization beside a key of the caller's",
      { "cf-aig-authorization": "Bearer gateway-token", authorization: "Bearer sk-own" },
      "sk-own",
    ],
    [
      "authorization beside a key in x-api-key",
      { authorization: "Bearer gateway-token", "x-api-key": "sk-own" },
      "sk-own",
    ],
  ]
  for (const [name, headers, expected] of shown) {
    test(`a gateway token in ${name} opens the gateway and never reaches Baseten`, async () => {
      const { status, sent } = await echo(harness.entry("guarded"), headers)
      assert.deepEqual([status, sent?.["authorization"]], [200, `Bearer ${expected}`])
      assert.doesNotMatch(JSON.stringify(sent), /gateway-token/)
    })
  }

  test("the stored key serves a caller on loopback, whose own key takes precedence", async () => {
    const base = harness.entry("plain")
    assert.equal((await echo(base, {})).sent?.["authorization"], "Bearer sk-stored")
    assert.equal((await echo(base, { authorization: "Bearer " })).sent?.["authorization"], "Bearer sk-stored")
    assert.equal((await echo(base, json)).sent?.["authorization"], "Bearer sk-own")
  })

  test("a web page, or a caller behind a proxy, cannot use the stored key", async () => {
    const { url } = harness.configured
    const target = `${url}/v1/account/plain/baseten/v1/models`
    const { host, port } = new URL(url)
    assert.equal((await get(target, { host })).status, 200)
    assert.equal((await get(target, { host, origin: "https://app.example" })).status, 200)
    const refused = [
      { host, origin: "https://evil.example" },
      { host, origin: "null" },
      { host, "sec-fetch-site": "cross-site" },
      { host: `evil.example:${port}` },
      { host: `localhost.evil.example:${port}` },
      { host, "x-forwarded-for": "203.0.113.7" },
      { host, via: "1.1 proxy" },
    ]
    for (const headers of refused) {
      const { status, text } = await get(target, headers)
      assert.equal(status, 401, JSON.stringify(headers))
      assert.match(text, /stored key is not used/)
      assert.doesNotMatch(text, /sk-stored/)
    }
  })
}
