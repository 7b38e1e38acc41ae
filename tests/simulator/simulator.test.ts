/**
 * The simulator as the shared models: what it says must be what Baseten says, for the gateway's tests rest on it.
 *
 * @module
 */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { call, parsed, payloads } from "./http-call.ts"
import { type Simulator, startSimulator } from "./server.ts"

let simulator: Simulator
before(async () => {
  simulator = await startSimulator()
})
after(() => simulator.close())

const gptOss = "openai/gpt-oss-120b", deepseek = "deepseek-ai/DeepSeek-V4-Pro-0813", glm = "zai-org/GLM-5.2"
const messages = [{ role: "user", content: "Héllo 世界" }]
const weather = { type: "object", properties: { city: { type: "string" } } }
const tools = [{ type: "function", function: { name: "weather", parameters: weather } }]

const chat = (body: object) =>
  call(`${simulator.url}/v1/chat/completions`, { body: JSON.stringify({ model: gptOss, messages, ...body }) })
const streamed = async (body: object) => payloads((await chat({ stream: true, ...body })).text)

interface Choice {
  readonly delta: Record<string, unknown>
  readonly message: Record<string, unknown>
  readonly finish_reason: string | null
}
interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
  readonly completion_tokens_details: { readonly reasoning_tokens: number }
}
const choiceOf = (payload: Record<string, unknown> | undefined) => (payload?.["choices"] as Array<Choice>)[0]
const usageOf = (payload: Record<string, unknown> | undefined) =>
  payload?.["usage"] as Usage | null | undefined

for (
  const [name, headers, status, type, body] of [
    ["no header", {}, 401, /^text\/plain/, /^No Authorization header provided$/],
    ["only x-api-key", { "x-api-key": "k" }, 401, /^text\/plain/, /^No Authorization/],
    ["an empty bearer", { authorization: "Bearer " }, 502, /^text\/html/, /^<!DOCTYPE html>/],
    [
      "a wrong key",
      { authorization: "Bearer wrong" },
      403,
      /json/,
      /^{"error":"please check the api-key you pro/,
    ],
    [
      "another scheme",
      { authorization: "Basic a" },
      403,
      /json/,
      /^{"error":"please check the api-key you pro/,
    ],
    ["a bearer", { authorization: "Bearer k" }, 200, /json/, /^{"object":"list"/],
    ["an api-key", { authorization: "Api-Key k" }, 200, /json/, /^{"object":"list"/],
  ] as const
) {
  test(`credentials: ${name} is ${status}`, async () => {
    const response = await fetch(`${simulator.url}/v1/models`, { headers })
    assert.equal(response.status, status)
    assert.match(response.headers.get("content-type") ?? "", type)
    assert.match(await response.text(), body)
    assert.equal(response.headers.has("x-baseten-request-id"), status === 200)
    assert.equal(response.headers.get("via"), "1.1 google")
  })
}

test("GET /v1/models lists prices as decimal strings of USD per token", async () => {
  const list = parsed((await call(`${simulator.url}/v1/models`)).text)["data"] as Array<
    Record<string, unknown>
  >
  assert.ok(list.length > 5)
  for (const model of list) {
    const prices = model["pricing"] as Record<string, string>
    assert.deepEqual(Object.keys(prices), ["prompt", "completion", "image", "request", "input_cache_read"])
    for (const price of Object.values(prices)) assert.match(price, /^\d+(\.\d+)?$/)
    assert.ok(Number.isInteger(model["context_length"]) && Number.isInteger(model["max_completion_tokens"]))
    assert.ok((model["input_modalities"] as Array<string>).includes("text"))
  }
})

test("a chat completion has its usage, and equal requests have equal answers", async () => {
  const [first, second] = await Promise.all([chat({}), chat({})])
  assert.equal(first.text, second.text)
  const completion = parsed(first.text)
  assert.equal(completion["model"], gptOss)
  assert.equal(choiceOf(completion)?.finish_reason, "stop")
  const usage = usageOf(completion)
  assert.ok(usage)
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
  assert.ok(usage.prompt_tokens_details.cached_tokens <= usage.prompt_tokens)
  assert.match(String(first.headers["x-baseten-request-id"]), /^[0-9a-f]{37}$/)
  assert.equal(first.headers["x-baseten-session-id"], first.headers["x-baseten-request-id"])
})

test("the newest engines send X-Baseten-Accepted-At alone", async () => {
  const { headers } = await chat({ model: glm })
  const names = Object.keys(headers).filter((name) => name.startsWith("x-baseten-"))
  assert.deepEqual(names, ["x-baseten-accepted-at"])
})

test("a stream has no usage unless it is asked for", async () => {
  for (const options of [{}, { stream_options: { include_usage: false } }]) {
    const chunks = await streamed(options)
    assert.ok(chunks.every((chunk) => !("usage" in chunk) && choiceOf(chunk) !== undefined))
  }
})

test("asked-for usage is a running total on every chunk, then stands on one without choices", async () => {
  const chunks = await streamed({ stream_options: { include_usage: true } })
  const totals = chunks.map((chunk) => usageOf(chunk)?.completion_tokens ?? -1)
  assert.equal(totals[0], 0)
  assert.ok(totals.every((total, at) => at === 0 || total >= (totals[at - 1] ?? 0)))
  assert.ok(new Set(totals).size > 5)
  assert.deepEqual(chunks.map((chunk) => choiceOf(chunk) === undefined).indexOf(true), chunks.length - 1)
  const plain = usageOf(parsed((await chat({})).text))
  assert.deepEqual(usageOf(chunks.at(-1)), plain)
  assert.notEqual(plain?.completion_tokens, chunks.length - 3, "tokens and chunks differ in number")
})

test("a stream says what the whole answer says, and ends with [DONE]", async () => {
  for (const model of [gptOss, deepseek, glm]) {
    const { text, headers } = await chat({ model, stream: true })
    assert.equal(headers["content-type"], "text/event-stream")
    assert.equal(headers["content-length"], undefined)
    assert.ok(text.endsWith("data: [DONE]\n\n"))
    assert.doesNotMatch(text, /^(event|id):/m)
    const message = choiceOf(parsed((await chat({ model })).text))?.message
    const joined = (key: string) => payloads(text).map((chunk) => choiceOf(chunk)?.delta[key] ?? "").join("")
    assert.equal(joined("content"), message?.["content"])
    assert.equal(joined("reasoning_content"), message?.["reasoning_content"] ?? "")
  }
})

test("DeepSeek sends content after finish_reason, with null for usage", async () => {
  const chunks = await streamed({ model: deepseek, stream_options: { include_usage: true } })
  const [finish, late, last] = chunks.slice(-3)
  assert.equal(choiceOf(finish)?.finish_reason, "stop")
  assert.ok(String(choiceOf(late)?.delta["content"]).length > 0)
  assert.equal(usageOf(late), null)
  assert.equal(choiceOf(last), undefined)
})

test("older engines spell out null keys, newer ones leave them out", async () => {
  const [older] = await streamed({}), [newer] = await streamed({ model: glm })
  assert.equal(choiceOf(older)?.delta["tool_calls"], null)
  assert.equal(older?.["service_tier"], null)
  assert.deepEqual(choiceOf(newer)?.delta, { role: "assistant", content: "" })
  assert.ok(newer !== undefined && !("service_tier" in newer))
})

test("gpt-oss thinks and reports no reasoning tokens; GLM 5.2 thinks when told to, and reports them", async () => {
  const quiet = parsed((await chat({ model: glm })).text)
  assert.equal(choiceOf(quiet)?.message["reasoning_content"], undefined)
  for (const [body, reports] of [[{}, false], [{ model: glm, reasoning_effort: "high" }, true]] as const) {
    const completion = parsed((await chat(body)).text)
    assert.ok(String(choiceOf(completion)?.message["reasoning_content"]).length > 0)
    assert.equal((usageOf(completion)?.completion_tokens_details.reasoning_tokens ?? 0) > 0, reports)
  }
})

test("tool calls: the id is repeated on every delta but by DeepSeek, and the arguments are JSON", async () => {
  for (const [model, repeats] of [[glm, true], [deepseek, false]] as const) {
    const chunks = await streamed({ model, tools })
    type Delta = { index: number; id?: string; function: { name?: string; arguments: string } }
    const deltas = chunks.flatMap((chunk) => (choiceOf(chunk)?.delta["tool_calls"] ?? []) as Array<Delta>)
    assert.match(deltas[0]?.id ?? "", /^chatcmpl-tool-/)
    assert.deepEqual(deltas.filter(({ id }) => id !== undefined).length, repeats ? deltas.length : 1)
    assert.deepEqual(deltas.filter((delta) => delta.function.name !== undefined).length, 1)
    const written = deltas.map((delta) => delta.function.arguments).join("")
    assert.deepEqual(JSON.parse(written), { city: "Héllo 世界" })
    assert.equal(
      choiceOf(chunks.findLast((chunk) => choiceOf(chunk)?.finish_reason))?.finish_reason,
      "tool_calls",
    )
  }
})

test("max_tokens ends a whole answer and a stream at the same place, tool calls among them", async () => {
  for (const max_tokens of [0, 1, 3, 5]) {
    const body = { model: glm, tools, max_tokens }
    const choice = choiceOf(parsed((await chat(body)).text))
    assert.equal(choice?.finish_reason, "length")
    type Calls = Array<{ function: { arguments: string } }> | undefined
    const whole = (choice?.message["tool_calls"] as Calls)?.map((made) => made.function.arguments).join("") ??
      ""
    const deltas = (await streamed(body)).flatMap((chunk) =>
      choiceOf(chunk)?.delta["tool_calls"] as Calls ?? []
    )
    assert.equal(whole, deltas.map((delta) => delta.function.arguments).join(""))
  }
})

const image = [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://x/y.png" } }] }]
for (
  const [name, body, status, shape] of [
    ["an unknown model", { model: "openai/GPT-oss-120b" }, 404, {
      error: "please check the model you provided",
    }],
    ["no messages", { messages: [] }, 400, { error: "Invalid request body" }],
    ["an image, older engine", { messages: image }, 400, {
      error: {
        code: 400,
        message: "This model does not support multimodal (image/video/audio) inputs.",
        type: "Bad Request",
      },
    }],
    ["an effort that GLM 5.2 lacks", { model: glm, reasoning_effort: "low" }, 400, {
      message: "reasoning_effort must be one of none, high, max",
      type: "Bad Request",
      code: 400,
    }],
  ] as const
) {
  test(`chat refuses ${name} with ${status}, in its own words`, async () => {
    const response = await chat(body)
    assert.equal(response.status, status)
    assert.deepEqual(parsed(response.text), shape)
  })
}

test("{} and malformed JSON are an invalid body", async () => {
  for (const body of ["{}", "{", ""]) {
    const response = await call(`${simulator.url}/v1/chat/completions`, { body })
    assert.deepEqual([response.status, parsed(response.text)], [400, { error: "Invalid request body" }])
  }
})

test("an unknown path is 404", async () => {
  assert.equal((await call(`${simulator.url}/v1/nothing`)).status, 404)
})
