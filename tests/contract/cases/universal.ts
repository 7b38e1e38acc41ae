/** The universal endpoint: which bodies it takes, and what of a step reaches its provider. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Simulator } from "../../simulator/server.ts"
import { type Configured, type Harness, json } from "../harness.ts"
import { ask, callSteps, models, type WrittenStep } from "../steps.ts"

/** What these cases need configured. */
export const universalEntries = ({ url }: Simulator): Configured => ({
  entries: {
    universal: { custom_providers: { other: { base_url: url, allow_http: true } } },
    "universal-guarded": { tokens: ["universal-token"] },
    "universal-neighbour": { tokens: ["neighbour-token"] },
  },
})

export const universalCases = (harness: Harness): void => {
  const base = () => harness.entry("universal")

  test("an array of steps and a single step are accepted, with and without a trailing slash", async () => {
    for (const slash of ["", "/"]) {
      for (const wrapped of [true, false]) {
        const id = harness.nextCase()
        const step = ask(id, models.gpt)
        const response = await callSteps(`${base()}${slash}`, wrapped ? [step] : step)
        const { choices } = await response.json() as { choices: [{ message: { content: string } }] }
        assert.match(choices[0].message.content, new RegExp(`hello ${id}`))
        assert.deepEqual([response.status, response.headers.get("cf-aig-step")], [200, "0"])
        const { route, provider, model, step: answered } = await harness.recordOf(response)
        assert.deepEqual([route, provider, model, answered], [
          "universal",
          "baseten",
          "openai/gpt-oss-120b",
          0,
        ])
      }
    }
  })

  const places: ReadonlyArray<readonly [provider: string, endpoint: string, place: string]> = [
    ["baseten", "chat/completions", "/v1/chat/completions?"],
    ["baseten", "/v1/chat/completions", "/v1/chat/completions?"],
    ["baseten", "chat/completion", "/v1/chat/completions?"],
    ["baseten", "v1/chat/completion?a=1", "/v1/chat/completions?a=1"],
    ["baseten", "v1/chat/completions?a=b%20c&d=%2F&d", "/v1/chat/completions?a=b%20c&d=%2F&d"],
    ["baseten", "v1/responses", "/v1/responses?"],
    ["baseten", "v1/echo/deep%2Fer?x", "/v1/echo/deep%2Fer?x"],
    ["baseten", "model/json1234", "/_model/json1234/production/predict?"],
    ["compat", "chat/completions", "/v1/chat/completions?"],
    ["compat", "/chat/completion", "/v1/chat/completions?"],
    ["compat", "v1/chat/completions?a=1", "/v1/chat/completions?a=1"],
    ["custom-other", "v1/chat/completions?a=%41", "/v1/chat/completions?a=%41"],
    ["custom-other", "/v1/echo/chat/completion", "/v1/echo/chat/completion?"],
  ]
  for (const [provider, endpoint, expected] of places) {
    test(`the endpoint ${endpoint} of ${provider} is ${expected}`, async () => {
      const id = harness.nextCase()
      const model = provider === "compat" ? models.gpt : "openai/gpt-oss-120b"
      const query = { model, messages: [{ role: "user", content: "hi" }], input: "hi" }
      const step: WrittenStep = { ...ask(id, model), provider, endpoint, query }
      const response = await callSteps(base(), [step])
      await response.text()
      assert.equal(response.status, 200)
      const sent = harness.reached(id)
      assert.deepEqual([sent.method, `${sent.path}?${sent.query}`], ["POST", expected])
    })
  }

  const odd = `{ "model" : "openai\\/gpt-oss-120b" ,"seed":12345678901234567890, "temperature": 1.0,` +
    `\n\t"top_p":1e-0,"big":1e400,"x":"\\u00e9é 🌍 \\ud83d","messages":[{"role":"user","content":"hi"}]}`
  test("query is forwarded byte for byte; for compat, only the provider is removed from the model", async () => {
    for (const provider of ["baseten", "custom-other", "compat"]) {
      const id = harness.nextCase()
      const written = provider === "compat" ? odd.replace('"openai', '"baseten/openai') : odd
      const body = ` [{"endpoint":"chat/completions", "query" :${written} ,"provider":"${provider}", ` +
        `"headers":{"authorization":"Bearer sk-own","x-simulator-case":"${id}"}}]`
      const response = await callSteps(base(), body.replace(`"endpoint":"`, `"endpoint":"v1/`))
      await response.text()
      assert.equal(response.status, 200)
      const expected = provider === "compat" ? odd.replace("openai\\/", "openai/") : odd
      assert.equal(harness.reached(id).body_text, expected)
    }
  })

  test("a step's own headers are forwarded, except cf-aig-*, tokens, the length and hop-by-hop ones", async () => {
    const id = harness.nextCase()
    const headers = {
      "x-session-affinity": "s-1",
      "x-number": 12345678901234567000,
      "x-object": { a: 1 },
      "content-length": "1",
      host: "evil.example",
      connection: "x-hop",
      "x-hop": "1",
      "cf-aig-metadata": `{"a":"b"}`,
      "cf-aig-authorization": "Bearer universal-token",
      "x-api-key": "universal-token",
    }
    const response = await callSteps(
      harness.entry("universal-guarded"),
      [ask(id, models.gpt, { headers })],
      { "cf-aig-authorization": "Bearer universal-token", "x-outer": "1" },
    )
    await response.text()
    assert.equal(response.status, 200)
    const sent = harness.headersOf(id)
    assert.deepEqual(
      ["authorization", "content-type", "x-session-affinity", "x-object"].map((name) => sent.get(name)),
      ["Bearer sk-own", "application/json", "s-1", `{"a":1}`],
    )
    for (const name of ["x-outer", "x-hop", "x-api-key", "cf-aig-metadata", "cf-aig-authorization"]) {
      assert.equal(sent.get(name), undefined, name)
    }
    assert.notEqual(sent.get("host"), "evil.example")
    assert.doesNotMatch(JSON.stringify([...sent]), /universal-token/)
    assert.deepEqual((await harness.recordOf(response))["metadata"], { a: "b" })
  })

  const none = [undefined, "", "Bearer ", "Bearer undefined", "Bearer null", "Bearer CF_TEMP_TOKEN"]
  for (const authorization of [...none, "Bearer universal-token", "Bearer neighbour-token"]) {
    test(`a step with authorization ${authorization} gets the stored key, if its caller is trusted`, async () => {
      const gateway = harness.entry("universal-guarded")
      const { authorization: _, ...rest } = ask("", models.gpt).headers ?? {}
      const call = async (outer: Record<string, string>) => {
        const id = harness.nextCase()
        const headers = {
          ...rest,
          ...(authorization !== undefined && { authorization }),
          "x-simulator-case": id,
        }
        const response = await callSteps(gateway, [{ ...ask(id, models.gpt), headers }], outer)
        return {
          status: response.status,
          text: await response.text(),
          sent: harness.simulator.requests(id)[0],
        }
      }
      const token = { "cf-aig-authorization": "Bearer universal-token" }
      const trusted = await call(token)
      assert.deepEqual([trusted.status, trusted.sent?.headers.authorization], [200, "Bearer sk-stored"])
      for (const outer of [{}, { ...token, origin: "https://evil.example" }]) {
        const { status, text, sent } = await call(outer)
        assert.deepEqual([status, (JSON.parse(text) as { internalCode: number }).internalCode], [401, 2009])
        assert.equal(sent, undefined)
        assert.doesNotMatch(text, /sk-stored|-token\b/)
      }
    })
  }

  test("a key in a step's headers or in its legacy authorization takes precedence over the stored one", async () => {
    for (
      const key of [{ headers: { authorization: "Api-Key sk-own" } }, { authorization: "Bearer sk-own" }]
    ) {
      const id = harness.nextCase()
      const headers = { "x-simulator-case": id, ...("headers" in key && key.headers) }
      const response = await callSteps(base(), { ...ask(id, models.gpt), ...key, headers }, {
        authorization: "Bearer sk-outer",
      })
      await response.text()
      assert.equal(harness.headersOf(id).get("authorization"), "Bearer sk-own")
    }
  })

  const malformed: ReadonlyArray<readonly [what: string, change: object, code: number, says: RegExp]> = [
    ["no provider", { provider: undefined }, 9400, /Step 2 .*"provider"/],
    ["a provider that is no string", { provider: 5 }, 9400, /Step 2 .*"provider"/],
    ["a provider that nobody knows", { provider: "openai" }, 2008, /Step 2.*"openai"/],
    ["a custom provider that is not configured", { provider: "custom-none" }, 2008, /Step 2.*"custom-none"/],
    ["no endpoint", { endpoint: undefined }, 9400, /Step 2 .*"endpoint"/],
    ["an empty endpoint", { endpoint: "/" }, 9400, /Step 2 .*"endpoint"/],
    ["an endpoint that climbs", { endpoint: "../../other/baseten/v1/models" }, 9400, /Step 2 .*"endpoint"/],
    ["an encoded climb", { endpoint: "%2e%2E/x" }, 9400, /Step 2 .*"endpoint"/],
    ["no query", { query: undefined }, 9400, /Step 2 .*"query"/],
    ["headers that are a list", { headers: [] }, 9400, /Step 2 .*"headers"/],
    ["a header without a value", { headers: { "x-a": null } }, 9400, /Step 2 .*"x-a"/],
    ["a header twice", { headers: { "x-a": "1", "X-A": "2" } }, 9400, /Step 2 .*"x-a"/],
    ["a header of two lines", { headers: { "x-a": "1\r\nx-b: 2" } }, 9400, /Step 2 .*"x-a"/],
    ["a config that is text", { config: "fast" }, 9400, /Step 2 .*"config"/],
    [
      "a time-out that is text",
      { config: { requestTimeout: "5" } },
      9400,
      /Step 2 .*"config.requestTimeout"/,
    ],
    ["a fraction of a try", { config: { maxAttempts: 1.5 } }, 9400, /Step 2 .*"config.maxAttempts"/],
    ["an unknown backoff", { config: { backoff: "slow" } }, 9400, /Step 2 .*"config.backoff"/],
    [
      "an option that cannot be read",
      { headers: { "cf-aig-max-attempts": "many" } },
      9400,
      /Step 2.*max-att/,
    ],
    ["a compat model without provider", { query: { model: "gpt" } }, 2019, /Step 2.*"gpt"/],
    ["a compat model of another provider", { query: { model: "openai/gpt" } }, 2008, /Step 2.*"openai"/],
    [
      "a compat model of no custom provider",
      { query: { model: "custom-none/m" } },
      2008,
      /Step 2.*custom-none/,
    ],
    ["a dynamic route that is not there", { query: { model: "dynamic/none" } }, 2019, /Step 2.*route/],
    ["a compat query that is no object", { query: [] }, 2019, /Step 2/],
  ]
  for (const [what, change, code, says] of malformed) {
    test(`a step with ${what} is 400, code ${code}, and no step is called`, async () => {
      const id = harness.nextCase()
      const response = await callSteps(base(), [ask(id, models.gpt), { ...ask(id, models.glm), ...change }])
      const { internalCode, description } = await response.json() as Record<string, unknown>
      assert.deepEqual([response.status, internalCode], [400, code])
      assert.match(String(description), says)
      assert.equal(harness.simulator.requests(id).length, 0)
    })
  }

  for (const body of ["", "{", "[]", "5", `"text"`, "null", "[5]", "[[]]", `[{"provider":"compat"},]`]) {
    test(`${body || "an empty body"} is not a universal request`, async () => {
      const response = await callSteps(base(), body)
      const { description } = await response.json() as { description: string }
      assert.equal(response.status, body === "" ? 415 : 400)
      assert.ok(description.length > 20)
    })
  }

  test("the endpoint needs POST, an existing gateway and an authenticated caller", async () => {
    for (const method of ["PUT", "DELETE"]) {
      const response = await fetch(base(), { method, headers: json })
      assert.equal(response.status, 405)
      assert.match(response.headers.get("allow") ?? "", /\bPOST\b/)
    }
    const codes: Array<unknown> = []
    for (const gateway of ["universal-none", "universal-guarded"]) {
      const response = await callSteps(harness.entry(gateway), [ask("none", models.gpt)])
      codes.push(response.status, (await response.json() as { internalCode: number }).internalCode)
    }
    assert.deepEqual(codes, [400, 2001, 401, 2009])
  })
}
