/** The models that a token may use, whatever names them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { gzipSync } from "node:zlib"
import { chat, type Configured, type Harness, json } from "../harness.ts"

const to = (elementId: string) => ({ elementId })
const route = (...models: ReadonlyArray<string>) => ({
  elements: [
    { id: "start", type: "start", outputs: { next: to("m0") } },
    ...models.map((model, index) => ({
      id: `m${index}`,
      type: "model",
      properties: { provider: "baseten", model },
      outputs: {
        success: to("end"),
        ...(index + 1 < models.length && { fallback: to(`m${index + 1}`) }),
      },
    })),
    { id: "end", type: "end" },
  ],
})

/** What these cases need configured. */
export const tokenModelEntries = ({ url }: { readonly url: string }): Configured => ({
  entries: {
    "by-model": {
      custom_providers: { own: { base_url: url, allow_http: true } },
      provider_keys: { "custom-own": { default: "env:KEY_OF_OWN" } },
      routes: {
        outside: route("zai-org/GLM-5.2"),
        falls: route("zai-org/GLM-5.2", "openai/gpt-oss-120b"),
        covered: route("zai-org/GLM-5.2"),
      },
      tokens: [
        {
          name: "narrow",
          token: "value-narrow",
          models: ["openai/*", "custom-own/gpt-?", "json1", "dynamic/covered"],
        },
        { name: "wide", token: "value-wide", models: ["baseten/*"] },
        { name: "free", token: "value-free" },
      ],
    },
  },
  variables: { KEY_OF_OWN: "sk-of-own" },
})

const allowed = "openai/gpt-oss-120b"
const forbidden = "zai-org/GLM-5.2"

export const tokenModelCases = (harness: Harness): void => {
  const call = async (
    path: string,
    body: BodyInit | object | undefined,
    { token = "narrow", method = "POST", headers = {} }: {
      readonly token?: string
      readonly method?: string
      readonly headers?: Record<string, string>
    } = {},
  ) => {
    const id = harness.nextCase()
    const isText = typeof body === "string" || body instanceof Uint8Array || body === undefined
    const response = await fetch(`${harness.entry("by-model")}/${path}`, {
      method,
      headers: { ...json, "cf-aig-authorization": `value-${token}`, "x-simulator-case": id, ...headers },
      ...(body !== undefined && { body: (isText ? body : JSON.stringify(body)) as BodyInit }),
    })
    const text = await response.text()
    return { response, status: response.status, text, sent: harness.simulator.requests(id) }
  }

  const refused = async (
    path: string,
    ...rest: Parameters<typeof call> extends [string, ...infer R] ? R : never
  ) => {
    const { status, text, sent, response } = await call(path, ...rest)
    assert.equal(status, 403, `${path}: ${text}`)
    const { error: [first], internalCode } = JSON.parse(text) as {
      error: [{ code: number; message: string }]
      internalCode: number
    }
    assert.deepEqual([first.code, internalCode], [9403, 9403])
    assert.match(first.message, /It may use openai\/\*, custom-own\/gpt-\?, json1, dynamic\/covered\./)
    assert.deepEqual(sent, [])
    const record = await harness.recordOf(response)
    assert.deepEqual([record["token"], record["status"], record["error_code"]], ["narrow", 403, 9403])
    return first.message
  }

  const endpoints = ["chat/completions", "completions", "messages", "responses", "embeddings"]
  for (const endpoint of endpoints) {
    test(`${endpoint}: a model that the token may not use is refused`, async () => {
      const path = `baseten/v1/${endpoint}`
      assert.match(
        await refused(path, { model: forbidden, messages: [] }),
        /may not use the model "zai-org\/GLM-5\.2"/,
      )
      assert.notEqual((await call(path, { model: allowed, messages: [], max_tokens: 1 })).status, 403)
    })
  }

  test("compat: by provider and model", async () => {
    const path = "compat/chat/completions"
    assert.equal((await call(path, chat({ model: `baseten/${allowed}` }))).status, 200)
    assert.match(await refused(path, chat({ model: `baseten/${forbidden}` })), /"zai-org\/GLM-5\.2"/)
    assert.notEqual((await call(path, chat({ model: "custom-own/gpt-4" }))).status, 403)
    assert.match(await refused(path, chat({ model: "custom-own/gpt-40" })), /"custom-own\/gpt-40"/)
    // A glob of Baseten's slugs is not one of a custom provider's.
    await refused(path, chat({ model: `custom-own/${allowed}` }))
  })

  test("a custom provider: by the body, not by a path that may name another model", async () => {
    assert.notEqual((await call("custom-own/v1/chat/completions", chat({ model: "gpt-4" }))).status, 403)
    await refused("custom-own/v1/chat/completions", chat({ model: allowed }))
    await refused("custom-own/openai/deployments/gpt-5/chat/completions", chat({ model: "gpt-4" }))
    await refused("custom-own/v1/models/gpt-5:generateContent", chat({ model: "gpt-4" }))
    await refused("custom-own/v1%2Fchat/completions", chat({ model: "gpt-4" }))
  })

  test("similar names are different names", async () => {
    const others = [
      "OpenAI/gpt-oss-120b",
      " openai/gpt-oss-120b",
      "\u0000openai/gpt-oss-120b",
      "оpenai/gpt-oss-120b",
      "baseten/zai-org/GLM-5.2",
      "dynamic/covered",
      "custom-own/gpt-4",
      "*",
      `openai${"/".repeat(600)}x`,
    ]
    for (const model of others) await refused("baseten/v1/chat/completions", chat({ model }))
  })

  test("a call whose model cannot be read is refused", async () => {
    const path = "baseten/v1/chat/completions"
    for (
      const body of [
        "{}",
        "[]",
        "no json",
        '{"model":7}',
        '{"model":["openai/gpt-oss-120b"]}',
        '{"model":""}',
      ]
    ) {
      assert.match(await refused(path, body), /names none that the gateway can read/)
    }
    const form = { headers: { "content-type": "multipart/form-data; boundary=x" } }
    await refused("baseten/v1/audio/transcriptions", "--x--", form)
    await refused("baseten/v1/rerank", { model: allowed })
    await refused("baseten/v1/files", undefined, { method: "GET" })
    const twice = await call(path, `{"model":"${allowed}","model":"${forbidden}"}`)
    assert.deepEqual([twice.status, twice.sent], [400, []])
    const escaped = `{"mod\\u0065l":"${forbidden}"}`
    assert.match(await refused(path, escaped), /GLM-5\.2/)
  })

  test("the model of an encoded body is read", async () => {
    const headers = { "content-encoding": "gzip" }
    const path = "baseten/v1/chat/completions"
    await refused(path, new Uint8Array(gzipSync(chat({ model: forbidden }))), { headers })
    assert.notEqual((await call(path, new Uint8Array(gzipSync(chat())), { headers })).status, 403)
    const unknown = await call(path, new Uint8Array([1]), { headers: { "content-encoding": "unknown" } })
    assert.deepEqual([unknown.status, unknown.sent], [415, []])
  })

  test("a long body is held back until its model is known", async () => {
    const long = `{"messages":"${"x".repeat(3_000_000)}","model":"${forbidden}"}`
    await refused("baseten/v1/chat/completions", long)
  })

  test("a dedicated deployment or a chain is known by its id", async () => {
    assert.equal((await call("baseten/model/json1", {})).status, 200)
    assert.equal((await call("baseten/model/json1/development/predict", { model: forbidden })).status, 200)
    assert.match(await refused("baseten/model/json2", { model: allowed }), /"json2"/)
    await refused("baseten/chain/json2", { model: allowed })
    await refused("baseten/model/JSON1", {})
    assert.equal((await call("baseten/model/%6Ason1", {})).status, 400)
  })

  test("a step that the token may not use is skipped", async () => {
    const step = (model: string) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { authorization: "Bearer sk-own" },
      query: JSON.parse(chat({ model })),
    })
    const { response, status } = await call("", [step(forbidden), step(allowed)])
    assert.deepEqual([status, response.headers.get("cf-aig-step")], [200, "1"])
    await refused("", [step(forbidden)])
    await refused("", [step(forbidden), step(forbidden)])
  })

  test("a dynamic route calls only models that the token may use, or all if the token lists the route", async () => {
    const through = (name: string) => call("compat/chat/completions", chat({ model: `dynamic/${name}` }))
    assert.match(
      await refused("compat/chat/completions", chat({ model: "dynamic/outside" })),
      /"zai-org\/GLM-5\.2"/,
    )
    const fallen = await through("falls")
    assert.deepEqual([fallen.status, fallen.response.headers.get("cf-aig-model")], [200, allowed])
    const covered = await through("covered")
    assert.deepEqual([covered.status, covered.response.headers.get("cf-aig-model")], [200, forbidden])
  })

  test("lists of models have only those that the token may use", async () => {
    const idsOf = async (path: string, token: string) => {
      const { status, text } = await call(path, undefined, { method: "GET", token })
      assert.equal(status, 200)
      return (JSON.parse(text) as { data: ReadonlyArray<{ id: string }> }).data.map(({ id }) => id)
    }
    for (const [path, prefix] of [["baseten/v1/models", ""], ["compat/models", "baseten/"]] as const) {
      const all = await idsOf(path, "free")
      const seen = await idsOf(path, "narrow")
      assert.deepEqual(seen, all.filter((id) => id.startsWith(`${prefix}openai/`)))
      assert.ok(seen.length > 0 && seen.length < all.length)
      assert.deepEqual(await idsOf(path, "wide"), all)
    }
    const one = (model: string) => call(`baseten/v1/models/${model}`, undefined, { method: "GET" })
    assert.notEqual((await one("openai%2Fgpt-oss-120b")).status, 403)
    assert.equal((await one("zai-org%2FGLM-5.2")).status, 403)
    assert.equal((await one("zai-org/GLM-5.2")).status, 403)
  })

  test("a token that may use all of a provider may use all of its paths", async () => {
    const wide = { token: "wide" }
    assert.notEqual((await call("baseten/v1/files", undefined, { ...wide, method: "GET" })).status, 403)
    assert.equal((await call("baseten/v1/chat/completions", chat({ model: forbidden }), wide)).status, 200)
    assert.equal((await call("custom-own/v1/chat/completions", chat(), wide)).status, 403)
    assert.equal(
      (await call("compat/chat/completions", chat({ model: "dynamic/outside" }), wide)).status,
      200,
    )
  })
}
