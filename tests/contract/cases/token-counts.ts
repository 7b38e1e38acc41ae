/** Anthropic's count_tokens: an estimate that says so, without a call of Baseten. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { gzipSync } from "node:zlib"
import Anthropic from "@anthropic-ai/sdk"
import { type Configured, type Harness, json } from "../harness.ts"
import { callSteps } from "../steps.ts"

/** What these cases need configured. */
export const tokenCountEntries = (): Configured => ({
  entries: {
    "token-counts": {
      tokens: [{ name: "counter", token: "value-of-counter", models: ["zai-org/*"] }],
      rate_limits: [{ limit: 1, interval: 86_400 }],
      spend_limits: {
        enabled: true,
        rules: [{
          id: "none",
          enabled: true,
          limitType: "cost",
          limit: 0.000001,
          window: 60,
          technique: "fixed",
        }],
      },
    },
  },
})

const model = "zai-org/GLM-5.3"
const body = JSON.stringify({ model, messages: [{ role: "user", content: "Héllo 世界 🌍 ".repeat(50) }] })
const expected = Math.ceil(new TextEncoder().encode(body).byteLength / 4)

export const tokenCountCases = (harness: Harness): void => {
  const count = async (
    base: string,
    { sent = body as BodyInit, headers = {} as Record<string, string>, method = "POST" } = {},
  ) => {
    const id = harness.nextCase()
    const response = await fetch(`${base}/messages/count_tokens?beta=true`, {
      method,
      headers: { "content-type": "application/json", "x-simulator-case": id, ...headers },
      ...(method === "POST" && { body: sent }),
    })
    const text = await response.text()
    assert.equal(harness.simulator.requests(id).length, 0, "nothing reaches Baseten")
    return { response, status: response.status, text, value: JSON.parse(text || "null") as unknown }
  }
  const estimate = { input_tokens: expected, estimated: true }

  test("a token count is a quarter of the bytes, labelled as an estimate in a header and in the body", async () => {
    for (const path of ["baseten/v1", "baseten"]) {
      const { response, status, value } = await count(`${harness.base}/${path}`)
      assert.deepEqual([status, value], [200, estimate])
      assert.equal(response.headers.get("x-basegate-estimated"), "input_tokens")
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["model"], record["cost"], record["attempts"]], [model, 0, []])
    }
    const headers = { "content-encoding": "gzip" }
    const coded = await count(`${harness.base}/baseten/v1`, { sent: gzipSync(body), headers })
    assert.deepEqual([coded.status, coded.value], [200, estimate])
  })

  test("Anthropic's SDK reads it, by either base URL", async () => {
    const surface = `${harness.configured.url}/client/v4/accounts/account/ai`
    const entry = harness.entry("token-counts")
    for (const baseURL of [`${entry}/baseten`, surface]) {
      const client = new Anthropic({
        baseURL,
        apiKey: null,
        authToken: "value-of-counter",
        defaultHeaders: { "cf-aig-gateway-id": "token-counts" },
        maxRetries: 0,
      })
      // Neither the rate, the budget nor the models of the token hold for what is not called.
      for (const name of [model, "openai/gpt-oss-120b"]) {
        const { input_tokens } = await client.messages.countTokens({
          model: name,
          messages: [{ role: "user", content: "How many?" }],
          tools: [{ name: "look", input_schema: { type: "object" } }],
        })
        assert.ok(Number.isInteger(input_tokens) && input_tokens > 10 && input_tokens < 60, `${input_tokens}`)
      }
    }
  })

  test("counting needs a gateway token if calls do", async () => {
    const base = `${harness.entry("token-counts")}/baseten/v1`
    assert.equal((await count(base)).status, 401)
    assert.equal((await count(base, { headers: { authorization: "Bearer wrong" } })).status, 401)
    assert.equal((await count(base, { headers: { "x-api-key": "value-of-counter" } })).status, 200)
  })

  test("an invalid message is 400 with what is missing; other methods are 405", async () => {
    const base = `${harness.base}/baseten/v1`
    for (const sent of ["{", "[]", "{}", '{"messages":"hi"}', '"text"', '{"model":"a","messages":{}}']) {
      const { status, text } = await count(base, { sent })
      assert.equal(status, 400, sent)
      assert.match(text, /messages|JSON/)
    }
    const got = await count(base, { method: "GET", headers: json })
    assert.deepEqual([got.status, got.response.headers.get("allow")], [405, "POST, OPTIONS"])
  })

  test("counting can be a step of a universal request", async () => {
    const id = harness.nextCase()
    const response = await callSteps(harness.base, [{
      provider: "baseten",
      endpoint: "v1/messages/count_tokens",
      headers: { "x-simulator-case": id },
      query: JSON.parse(body) as unknown,
    }])
    assert.deepEqual([response.status, await response.json()], [200, estimate])
    assert.equal(response.headers.get("cf-aig-step"), "0")
    assert.equal(harness.simulator.requests(id).length, 0)
  })
}
