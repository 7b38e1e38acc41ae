/** Cloudflare's unified endpoint: `compat`. */
import assert from "node:assert/strict"
import { test } from "node:test"
import Anthropic from "@anthropic-ai/sdk"
import OpenAI from "openai"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, fault, type Harness, json, key } from "../harness.ts"

const slug = "openai/gpt-oss-120b"

/** What these cases need configured: a dedicated deployment that embeds, as a provider of its own. */
export const compatEntries = ({ url }: Simulator): Configured => ({
  entries: {
    compat: {
      custom_providers: {
        bei: { base_url: `${url}/_model/abcd1234/environments/production/sync/v1`, allow_http: true },
      },
      provider_keys: { "custom-bei": { default: "env:KEY_OF_COMPAT_BEI" } },
      model_aliases: { embed: { targets: ["custom-bei/bge"] } },
      prices: { "custom-bei/bge": { input: 1_000_000, output: 0 } },
    },
  },
  variables: { KEY_OF_COMPAT_BEI: "sk-compat-bei" },
})

export const compatCases = (harness: Harness): void => {
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) =>
    fetch(`${harness.base}/compat/chat/completions`, { method: "POST", headers, body })

  test("compat removes the provider from the model and changes nothing else", async () => {
    const id = harness.nextCase()
    const body = `{ "model" : "baseten\\/openai/gpt-oss-120b", ` +
      `"messages":[{"role":"user","content":"x"}], "big": 12345678901234567890.0 }`
    const response = await post(body, { ...json, "x-simulator-case": id })
    await response.text()
    assert.equal(
      harness.reached(id).body_text,
      body.replace(`"baseten\\/openai/gpt-oss-120b"`, `"openai/gpt-oss-120b"`),
    )
    assert.equal((await harness.recordOf(response))["model"], "openai/gpt-oss-120b")
  })

  test("compat streams", async () => {
    const response = await post(chat({ model: "baseten/zai-org/GLM-5.3", stream: true }))
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/)
    assert.match(await response.text(), /data: \[DONE\]\n\n$/)
  })

  const base = () => `${harness.configured.url}/v1/account/compat`

  for (const below of ["", "/v1"]) {
    test(`compat${below} embeds with the OpenAI SDK: a custom provider, an alias, Baseten's own refusal`, async () => {
      const client = new OpenAI({ apiKey: "sk-own", baseURL: `${base()}/compat${below}`, maxRetries: 0 })
      for (const model of ["custom-bei/bge", "custom/embed"]) {
        const id = harness.nextCase()
        const { data, response } = await client.embeddings
          .create({ model, input: ["to embed"] }, { headers: { "x-simulator-case": id } }).withResponse()
        assert.equal(data.data[0]?.embedding.length, 8)
        const sent = harness.reached(id)
        assert.equal(sent.path, "/_model/abcd1234/environments/production/sync/v1/embeddings")
        assert.match(sent.body_text ?? "", /^\{"model":"bge","input":\["to embed"\]/)
        const record = await harness.recordOf(response)
        assert.deepEqual(
          [record["route"], record["provider"], record["model"], record["tokens_in"], record["cost"]],
          ["compat.embeddings", "custom-bei", "bge", 2, 2],
        )
      }
      const id = harness.nextCase()
      const headers = { "x-simulator-case": id }
      const refused = client.embeddings.create({ model: `baseten/${slug}`, input: "x" }, { headers })
      await assert.rejects(refused, OpenAI.NotFoundError)
      assert.equal(harness.reached(id).path, "/v1/embeddings")
    })
  }

  test("compat takes responses and messages of SDKs, streamed or not, and counts a message's tokens", async () => {
    const openai = new OpenAI({ apiKey: "sk-own", baseURL: `${base()}/compat`, maxRetries: 0 })
    const anthropic = new Anthropic({ authToken: "sk-own", baseURL: `${base()}/compat`, maxRetries: 0 })
    const model = `baseten/${slug}`
    const messages = [{ role: "user" as const, content: "hi" }]
    const { data, response } = await openai.responses.create({ model, input: "hi" }).withResponse()
    assert.match(data.output_text, /hi/)
    const { route, model: recorded, tokens_out: tokens } = await harness.recordOf(response)
    assert.deepEqual([route, recorded, tokens], ["compat.responses", slug, data.usage?.output_tokens])
    const types: Array<string> = []
    for await (const { type } of await openai.responses.create({ model, input: "hi", stream: true })) {
      types.push(type)
    }
    assert.equal(types.at(-1), "response.completed")
    const asked = { model, max_tokens: 64, messages }
    const whole = await anthropic.messages.create(asked)
    assert.deepEqual((await anthropic.messages.stream(asked).finalMessage()).content, whole.content)
    const { input_tokens: count } = await anthropic.messages.countTokens({ model, messages })
    assert.ok(count > 0)
  })

  test("compat's other calls refuse a model without a provider, other methods, and what it does not have", async () => {
    for (const call of ["completions", "embeddings", "responses", "messages"]) {
      const url = `${base()}/compat/${call}`
      const bare = await fetch(url, { method: "POST", headers: json, body: '{"model":"gpt"}' })
      const { internalCode } = await bare.json() as { internalCode: number }
      assert.deepEqual([bare.status, internalCode], [400, 2019], call)
      const get = await fetch(url, { headers: key })
      assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST, OPTIONS"], call)
      assert.match(await get.text(), /POST/)
    }
    const other = await fetch(`${base()}/compat/images/generations`, {
      method: "POST",
      headers: json,
      body: "{}",
    })
    assert.equal(other.status, 404)
    assert.match(await other.text(), /embeddings/)
  })

  const refusals: ReadonlyArray<readonly [string, string | Uint8Array<ArrayBuffer>, number, number]> = [
    ["malformed JSON", "{", 400, 2019],
    ["what is not an object", "[]", 400, 2019],
    ["no model", "{}", 400, 2019],
    ["a model that is no string", `{"model":5}`, 400, 2019],
    ["no provider", `{"model":"gpt"}`, 400, 2019],
    ["another provider", `{"model":"openai/gpt"}`, 400, 2008],
    ["two models", `{"model":"baseten/a/b","mod\\u0065l":"baseten/c/d"}`, 400, 2019],
    ["what is not UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 2019],
  ]
  for (const [name, body, status, code] of refusals) {
    test(`compat refuses ${name} with ${status}, code ${code}`, async () => {
      const id = harness.nextCase()
      const response = await post(body, { ...json, "x-simulator-case": id })
      assert.equal(response.status, status)
      const { internalCode, description } = await response.json() as Record<string, unknown>
      assert.equal(internalCode, code)
      assert.ok(typeof description === "string" && description.length > 20)
      assert.equal(harness.simulator.requests(id).length, 0)
    })
  }

  test("compat refuses what it cannot read with 415", async () => {
    const encoded = await post("x", { ...json, "content-encoding": "gzip" })
    const form = await post("a=1", { ...key, "content-type": "application/x-www-form-urlencoded" })
    const empty = await fetch(`${harness.base}/compat/chat/completions`, { method: "POST", headers: key })
    for (const response of [encoded, form, empty]) {
      assert.equal(response.status, 415)
      assert.equal((await response.json() as { internalCode: number }).internalCode, 9415)
    }
  })

  test("compat/models lists Baseten's models with their prices, and HEAD has no body", async () => {
    const response = await fetch(`${harness.base}/compat/models`, { headers: key })
    const list = await response.json() as { data: ReadonlyArray<{ id: string; cost_in: number }> }
    assert.ok(list.data.length > 0)
    assert.ok(
      list.data.every(({ id, cost_in }) => id.startsWith("baseten/") && typeof cost_in === "number"),
    )
    const compressed = await fetch(`${harness.base}/compat/models`, {
      headers: { ...key, ...fault({ gzip: true }) },
    })
    assert.equal((await compressed.json() as { object: string }).object, "list")
    const head = await fetch(`${harness.base}/compat/models`, { method: "HEAD", headers: key })
    assert.deepEqual([head.status, await head.text()], [200, ""])
  })

  for (const how of [{ cut_after: 2 }, { reset: true }, { short_content_length: true }]) {
    test(`compat/models that Baseten cuts (${JSON.stringify(how)}) is 502, code 2005`, async () => {
      const response = await fetch(`${harness.base}/compat/models`, { headers: { ...key, ...fault(how) } })
      assert.deepEqual([response.status, (await response.json() as { internalCode: number }).internalCode], [
        502,
        2005,
      ])
      const record = await harness.recordOf(response)
      assert.deepEqual([record["status"], record["ending"]], [502, "upstream_cut"])
    })
  }
}
