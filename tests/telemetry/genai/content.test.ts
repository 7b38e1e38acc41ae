import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Payload } from "../../../lib/request-log/entry.ts"
import { contentAttributes } from "../../../lib/telemetry/genai/content.ts"

const payload = (body: unknown, complete = true): Payload => {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return { text, size: text.length, complete }
}
const sse = (...events: ReadonlyArray<object>): string =>
  [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), "data: [DONE]\n\n"].join("")

/** The attributes of a call, read back. */
const said = (request: Payload | null, response: Payload | null): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(contentAttributes({ request, response })).flatMap(([name, value]) =>
      value && "stringValue" in value ? [[name, JSON.parse(value.stringValue)]] : []
    ),
  )
const output = (body: unknown) => said(null, payload(body))["gen_ai.output.messages"]

test("the messages of a chat, with images and tools", () => {
  const image = { type: "image_url", image_url: { url: "https://x.test/a.png" } }
  assert.deepEqual(
    said(
      payload({
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: [{ type: "text", text: "What is it?" }, image] },
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: '{"at":1}' } }],
          },
          { role: "tool", tool_call_id: "c1", content: "a cat" },
        ],
      }),
      null,
    ),
    {
      "gen_ai.input.messages": [
        { role: "system", parts: [{ type: "text", content: "Be brief." }] },
        { role: "user", parts: [{ type: "text", content: "What is it?" }, image] },
        { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "look", arguments: { at: 1 } }] },
        { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "a cat" }] },
      ],
    },
  )
})

test("system instructions and input of the messages and responses APIs", () => {
  assert.deepEqual(
    said(
      payload({ system: [{ type: "text", text: "Be brief." }], messages: [{ role: "user", content: "Hi" }] }),
      null,
    ),
    {
      "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: "Hi" }] }],
      "gen_ai.system_instructions": [{ type: "text", content: "Be brief." }],
    },
  )
  assert.deepEqual(said(payload({ instructions: "Be brief.", input: "Hi" }), null), {
    "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: "Hi" }] }],
    "gen_ai.system_instructions": [{ type: "text", content: "Be brief." }],
  })
})

test("answers of the three APIs", () => {
  assert.deepEqual(
    output({
      choices: [{
        message: { role: "assistant", reasoning_content: "Hm.", content: "Hello" },
        finish_reason: "stop",
      }],
    }),
    [{
      role: "assistant",
      parts: [{ type: "reasoning", content: "Hm." }, { type: "text", content: "Hello" }],
      finish_reason: "stop",
    }],
  )
  assert.deepEqual(
    output({
      role: "assistant",
      content: [{ type: "text", text: "Hello" }, {
        type: "tool_use",
        id: "t",
        name: "look",
        input: { at: 1 },
      }],
      stop_reason: "tool_use",
    }),
    [{
      role: "assistant",
      parts: [
        { type: "text", content: "Hello" },
        { type: "tool_call", id: "t", name: "look", arguments: { at: 1 } },
      ],
      finish_reason: "tool_use",
    }],
  )
  assert.deepEqual(
    output({
      status: "completed",
      output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] }],
    }),
    [{ role: "assistant", parts: [{ type: "text", content: "Hello" }], finish_reason: "completed" }],
  )
})

test("streams are put together as far as they arrived", () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  })
  const call = (given: object) => ({ tool_calls: [{ index: 0, ...given }] })
  const stream = sse(
    chunk({ role: "assistant", content: "" }),
    chunk({ reasoning_content: "Hm." }),
    chunk({ content: "Hel" }),
    chunk({ content: "lo" }),
    chunk(call({ id: "c1", function: { name: "look", arguments: '{"a' } })),
    chunk(call({ function: { arguments: 't":1}' } })),
    chunk({}, "tool_calls"),
    { choices: [], usage: {} },
  )
  assert.deepEqual(output(stream), [{
    role: "assistant",
    parts: [
      { type: "reasoning", content: "Hm." },
      { type: "text", content: "Hello" },
      { type: "tool_call", id: "c1", name: "look", arguments: { at: 1 } },
    ],
    finish_reason: "tool_calls",
  }])
  assert.deepEqual(
    said(null, payload(stream.slice(0, stream.indexOf("tool_calls")), false))["gen_ai.output.messages"],
    [{
      role: "assistant",
      parts: [{ type: "reasoning", content: "Hm." }, { type: "text", content: "Hello" }],
      finish_reason: "",
    }],
  )
  assert.deepEqual(
    output(sse(
      { type: "message_start", message: {} },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo" } },
      {
        type: "content_block_start",
        index: 1,
        content_block: { type: "tool_use", id: "t", name: "look", input: {} },
      },
      {
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: '{"at":1}' },
      },
      { type: "message_delta", delta: { stop_reason: "tool_use" } },
    )),
    [{
      role: "assistant",
      parts: [
        { type: "text", content: "Hello" },
        { type: "tool_call", id: "t", name: "look", arguments: { at: 1 } },
      ],
      finish_reason: "tool_use",
    }],
  )
  const response = { status: "completed", output: [{ role: "assistant", content: "Hello" }] }
  assert.deepEqual(
    output(sse({ type: "response.output_text.delta", delta: "x" }, { type: "response.completed", response })),
    [
      { role: "assistant", parts: [{ type: "text", content: "Hello" }], finish_reason: "completed" },
    ],
  )
})

test("bodies that are cut, too long, too deep or of an unknown form give nothing, and never throw", () => {
  assert.deepEqual(said(payload('{"messages":[{"role":"us', false), payload('{"choices":[', false)), {})
  assert.deepEqual(said(payload({ messages: [{ role: "user", content: "x".repeat(300_000) }] }), null), {})
  const deep = `{"messages":[{"role":"user","content":[{"type":"t","x":${"[".repeat(20_000)}${
    "]".repeat(20_000)
  }}]}]}`
  assert.deepEqual(said(payload(deep), null), {})
  assert.deepEqual(output(sse({ choices: [{ index: 4_294_967_294, delta: { content: "x" } }] })), [
    { role: "assistant", parts: [{ type: "text", content: "x" }], finish_reason: "" },
  ])
  fc.assert(fc.property(fc.json(), fc.json(), (request, response) => {
    said(payload(request), payload(response))
    said(payload(request), payload(`data: ${response}\n\n`))
  }))
})
