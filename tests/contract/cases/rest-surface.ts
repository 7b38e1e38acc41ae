/** Cloudflare's REST surface: one base URL for SDKs, the gateway in a header, stored keys alone. */
import assert from "node:assert/strict"
import { test } from "node:test"
import Anthropic from "@anthropic-ai/sdk"
import OpenAI from "openai"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, fault, type Harness } from "../harness.ts"

const slug = "openai/gpt-oss-120b"

/** What these cases need configured. */
export const restSurfaceEntries = ({ url }: Simulator): Configured => ({
  entries: {
    default: { tokens: [{ name: "rest", token: "value-of-rest" }] },
    "rest-other": {
      tokens: ["value-of-other", { name: "few", token: "value-of-few", models: ["zai-org/*"] }],
      custom_providers: { own: { base_url: `${url}/v1`, allow_http: true } },
      provider_keys: { "custom-own": { default: "env:KEY_OF_REST_OWN" } },
      routes: {
        "to-glm": {
          elements: [
            { id: "start", type: "start", outputs: { next: { elementId: "glm" } } },
            {
              id: "glm",
              type: "model",
              properties: { provider: "baseten", model: "zai-org/GLM-5.3", retries: 0, timeout: 60_000 },
              outputs: { success: { elementId: "end" }, fallback: { elementId: "end" } },
            },
            { id: "end", type: "end", outputs: {} },
          ],
        },
      },
    },
  },
  variables: { KEY_OF_REST_OWN: "sk-rest-own" },
})

export const restSurfaceCases = (harness: Harness): void => {
  const surface = (path: string, of = harness.configured.url) => `${of}/client/v4/accounts/account/ai/${path}`
  const send = async (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    of?: string,
  ) => {
    const id = harness.nextCase()
    const response = await fetch(surface(path, of), {
      method: "POST",
      headers: {
        authorization: "Bearer value-of-rest",
        "content-type": "application/json",
        "x-simulator-case": id,
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    })
    const text = await response.text()
    const [sent] = harness.simulator.requests(id)
    return { response, status: response.status, text, sent }
  }
  const other = { authorization: "Bearer value-of-other", "cf-aig-gateway-id": "rest-other" }
  const codeOf = (text: string) => (JSON.parse(text) as { internalCode: number }).internalCode
  const messages = [{ role: "user" as const, content: "hi" }]

  test("the OpenAI SDK chats, streams and responds by its base URL and a gateway token", async () => {
    const client = new OpenAI({ apiKey: "value-of-rest", baseURL: surface("v1"), maxRetries: 0 })
    for (const model of [slug, `baseten/${slug}`]) {
      const whole = await client.chat.completions.create({ model, messages })
      let text = ""
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? ""
      }
      assert.equal(text, whole.choices[0]?.message.content)
      const response = await client.responses.create({ model, input: "hi" })
      assert.match(response.output_text, /hi/)
      const types: Array<string> = []
      const stream = await client.responses.create({ model, input: "hi", stream: true })
      for await (const { type } of stream) types.push(type)
      assert.equal(types.at(-1), "response.completed")
    }
  })

  test("the Anthropic SDK writes messages by its base URL and a gateway token", async () => {
    const client = new Anthropic({
      apiKey: "value-of-rest",
      baseURL: surface("").slice(0, -1),
      maxRetries: 0,
    })
    const asked = { model: "baseten/zai-org/GLM-5.3", max_tokens: 64, messages }
    const whole = await client.messages.create(asked)
    assert.equal(whole.content.at(-1)?.type, "text")
    const streamed = await client.messages.stream(asked).finalMessage()
    assert.deepEqual(streamed.content.at(-1), whole.content.at(-1))
  })

  test("the provider is removed from the model, a bare slug stays, and no other byte changes", async () => {
    const body = (model: string) => `{ "model" : "${model}", "messages":[], "big": 12345678901234567890.0 }`
    for (const path of ["v1/chat/completions", "v1/responses", "v1/messages"]) {
      for (const model of [slug, `baseten/${slug}`]) {
        const { sent, response } = await send(path, body(model))
        assert.deepEqual([sent?.path, sent?.body_text], [`/${path}`, body(slug)])
        const record = await harness.recordOf(response)
        const { route, gateway_id: gateway, provider, token } = record
        assert.deepEqual(
          [route, gateway, provider, token, record["model"]],
          [`rest.${path.slice(3).replace("/", ".")}`, "default", "baseten", "rest", slug],
        )
      }
    }
  })

  test("a header names the gateway; without it, or if it is empty, it is default", async () => {
    const { status, response } = await send("v1/chat/completions", chat(), other)
    assert.equal(status, 200)
    assert.equal((await harness.recordOf(response))["gateway_id"], "rest-other")
    const empty = await send("v1/chat/completions", chat(), { "cf-aig-gateway-id": "" })
    assert.equal((await harness.recordOf(empty.response))["gateway_id"], "default")
    const unknown = await send("v1/chat/completions", chat(), { "cf-aig-gateway-id": "nowhere" })
    assert.deepEqual([unknown.status, codeOf(unknown.text), unknown.sent], [400, 2001, undefined])
    const malformed = await send("v1/chat/completions", chat(), { "cf-aig-gateway-id": "no/where" })
    assert.deepEqual([malformed.status, codeOf(malformed.text)], [400, 9400])
    assert.match(malformed.text, /cf-aig-gateway-id/)
  })

  test("the gateway token is not forwarded, the stored key is; no other credential authenticates", async () => {
    const { sent } = await send("v1/chat/completions", chat())
    const headers = new Map(sent?.raw_headers.map(([name, value]) => [name.toLowerCase(), value]))
    assert.equal(headers.get("authorization"), "Bearer sk-stored")
    assert.ok(!JSON.stringify([...headers]).includes("value-of-rest"))
    for (const authorization of ["Bearer sk-own", "", "Bearer value-of-other"]) {
      const { status, text, sent } = await send("v1/chat/completions", chat(), { authorization })
      assert.deepEqual([status, codeOf(text), sent], [401, 2009, undefined], authorization)
    }
  })

  test("the caller's own key is not used, even without a stored one", async () => {
    const own = { authorization: "Bearer sk-own" }
    const { status, text, sent } = await send("v1/chat/completions", chat(), own, harness.gateway.url)
    assert.deepEqual([status, codeOf(text), sent], [401, 2009, undefined])
  })

  test("custom providers and dynamic routes are called by their names, in each format", async () => {
    for (const path of ["v1/chat/completions", "v1/responses", "v1/messages"]) {
      const members = { messages, input: "hi", max_tokens: 9 }
      const custom = await send(path, { model: `custom-own/${slug}`, ...members }, other)
      assert.deepEqual([custom.status, custom.sent?.path], [200, `/${path}`])
      const key = custom.sent?.raw_headers.find(([name]) => name.toLowerCase() === "authorization")
      assert.equal(key?.[1], "Bearer sk-rest-own")
      assert.match(custom.sent?.body_text ?? "", /"model":"openai\/gpt-oss-120b"/)
      const routed = await send(path, { model: "dynamic/to-glm", ...members }, other)
      assert.deepEqual([routed.status, routed.response.headers.get("cf-aig-model")], [200, "zai-org/GLM-5.3"])
      const unknown = await send(path, { model: "custom-nobody/x", ...members }, other)
      assert.deepEqual([unknown.status, codeOf(unknown.text)], [400, 2008])
    }
  })

  test("a token's models apply here too", async () => {
    const few = { ...other, authorization: "Bearer value-of-few" }
    assert.equal((await send("v1/chat/completions", chat(), few)).status, 403)
    assert.equal((await send("v1/chat/completions", chat({ model: "zai-org/GLM-5.3" }), few)).status, 200)
  })

  test("other methods are 405, other paths are not found", async () => {
    const get = await fetch(surface("v1/chat/completions"))
    assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST, OPTIONS"])
    assert.equal((await fetch(surface("v1/embeddings"), { method: "POST", body: "{}" })).status, 404)
  })

  test("/ai/run answers with Cloudflare's state, and the provider's own bytes as the result", async () => {
    const input = { messages, big: 1 }
    for (
      const named of [{ model: slug }, { model: `baseten/${slug}` }, { model: slug, provider: "baseten" }]
    ) {
      const { status, text, sent, response } = await send("run", { ...named, input })
      assert.equal(status, 200)
      assert.deepEqual(JSON.parse(sent?.body_text ?? ""), { model: slug, ...input })
      const { state, result, provider, model } = JSON.parse(text) as Record<string, unknown>
      assert.deepEqual([state, provider, model], ["Completed", "baseten", slug])
      assert.equal((result as { object: string }).object, "chat.completion")
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["route"], record["usage_source"]], ["rest.run", "exact"])
    }
  })

  test("/ai/run says how it failed: the provider's status and sentence, or the gateway's code", async () => {
    const run = { model: slug, input: { messages } }
    const body = { error: { message: "too long", type: "invalid_request_error" } }
    const failed = await send("run", run, fault({ status: 422, body }))
    assert.deepEqual([failed.status, JSON.parse(failed.text)], [422, {
      state: "Failed",
      error: { code: 422, message: "too long" },
      model: slug,
    }])
    const page = await send("run", run, fault({ status: 200, body: "<p>x</p>", content_type: "text/html" }))
    assert.equal((JSON.parse(page.text) as { state: string }).state, "Failed")
    const refused = await send("run", run, { authorization: "Bearer nobody" })
    const { state, error } = JSON.parse(refused.text) as { state: string; error: { code: number } }
    assert.deepEqual([refused.status, state, error.code], [401, "Failed", 2009])
    const refusals: ReadonlyArray<unknown> = [
      "{",
      [],
      {},
      { model: slug },
      { model: slug, input: "hi" },
      { model: 5, input: {} },
      { model: "plain", input: {} },
      { model: slug, input: { messages, stream: true } },
      `{"model":"${slug}","input":{},"input":{}}`,
      `{"model":"${slug}","input":{"model":"a/b","model":"c/d"}}`,
    ]
    for (const body of refusals) {
      const { status, text, sent } = await send("run", body)
      const { state, error } = JSON.parse(text) as { state: string; error: { code: number; message: string } }
      assert.deepEqual(
        [status, state, error.code, sent],
        [400, "Failed", 2019, undefined],
        JSON.stringify(body),
      )
    }
  })
}
