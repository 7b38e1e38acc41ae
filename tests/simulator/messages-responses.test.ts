/**
 * The simulator's Messages and Responses routes.
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

const glm = "zai-org/GLM-5.2"
const messages = [{ role: "user", content: "Héllo 世界" }]
const weather = { type: "object", properties: { city: { type: "string" } } }
const post = (path: string, body: object) => call(`${simulator.url}${path}`, { body: JSON.stringify(body) })

test("/v1/messages counts cached tokens within input tokens, and its start has no cache fields", async () => {
  const body = { model: glm, max_tokens: 50, messages, thinking: { type: "enabled" } }
  const usage = parsed((await post("/v1/messages", body)).text)["usage"] as Record<string, number>
  assert.ok((usage["input_tokens"] ?? 0) > (usage["cache_read_input_tokens"] ?? Infinity))
  assert.ok(!("cache_creation_input_tokens" in usage))
  const { text } = await post("/v1/messages", { ...body, stream: true })
  assert.doesNotMatch(text, /\[DONE\]/)
  const events = payloads(text)
  const named = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
  assert.deepEqual(named, events.map((event) => event["type"]))
  assert.deepEqual(Object.keys((events[0]?.["message"] as { usage: object }).usage), [
    "input_tokens",
    "output_tokens",
  ])
  assert.deepEqual(events.at(-2)?.["usage"], usage)
  assert.equal(named.at(-1), "message_stop")
  const starts = events.filter((event) => event["type"] === "content_block_start")
  assert.deepEqual(starts.map((event) => (event["content_block"] as { type: string }).type), [
    "thinking",
    "text",
  ])
})

test("/v1/messages refuses in its own shape", async () => {
  const response = await post("/v1/messages", { model: glm, messages })
  assert.equal(response.status, 400)
  const error = { type: "invalid_request_error", message: "max_tokens: Field required" }
  assert.deepEqual(parsed(response.text), { type: "error", error, request_id: null })
})

test("/v1/messages calls tools, also where the limit leaves their input unfinished", async () => {
  const named = [{ name: "weather", input_schema: weather }]
  const made = async (max_tokens: number) => {
    const message = parsed(
      (await post("/v1/messages", { model: glm, max_tokens, messages, tools: named })).text,
    )
    return [message["stop_reason"], (message["content"] as Array<{ input: unknown }>)[0]?.input]
  }
  assert.deepEqual(await made(100), ["tool_use", { city: "Héllo 世界" }])
  assert.deepEqual(await made(3), ["max_tokens", {}])
})

test("/v1/responses numbers its events and ends with the whole response", async () => {
  const body = { model: glm, input: "hi" }
  const whole = parsed((await post("/v1/responses", body)).text)
  const events = payloads((await post("/v1/responses", { ...body, stream: true })).text)
  assert.deepEqual(events.map((event) => event["sequence_number"]), events.map((_, at) => at))
  assert.equal(events.at(-1)?.["type"], "response.completed")
  assert.deepEqual(events.at(-1)?.["response"], whole)
  const deltas = events.filter((event) => event["type"] === "response.output_text.delta")
  const content = (whole["output"] as Array<{ content: Array<{ text: string }> }>)[0]?.content[0]?.text
  assert.equal(deltas.map((event) => event["delta"]).join(""), content)
  const refused = await post("/v1/responses", { model: glm })
  assert.deepEqual(parsed(refused.text), { message: "input: Field required", type: "Bad Request", code: 400 })
})
