import assert from "node:assert/strict"
import { test } from "node:test"
import type { Framing } from "../../lib/sse/framing.ts"
import { holdsToken } from "../../lib/usage/first-token.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

const chat = (delta: object, more: object = {}): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null, ...more }], usage: null })}\n\n`
const nulls = { role: "assistant", content: null, function_call: null, tool_calls: null, refusal: null }
const typed = (type: string, members: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
const block = (content_block: object) => typed("content_block_start", { index: 0, content_block })
const delta = (delta: object) => typed("content_block_delta", { index: 0, delta })
const response = {
  id: "resp_1",
  text: { format: { type: "text" } },
  tools: [{ type: "function", name: "f" }],
}

const silent: Readonly<Record<Framing, ReadonlyArray<string>>> = {
  chat: [
    ": ping\n\n",
    chat({ role: "assistant", content: "" }),
    chat({ ...nulls, reasoning_content: "", tool_calls: [] }),
    chat(nulls, { logprobs: { content: [] } }),
    chat({}, { finish_reason: "stop" }),
    'data: {"choices": [], "prompt_filter_results": [{"content_filter_results": {"hate": {"filtered": false}}}]}\n\n',
    "data: [DONE]\n\n",
  ],
  completions: [
    ": ping\n\n",
    'data: {"object":"text_completion","choices":[{"index":0,"text":"","finish_reason":null}]}\n\n',
    'data: {"object":"text_completion","choices":[]}\n\n',
    "data: [DONE]\n\n",
  ],
  messages: [
    typed("message_start", {
      message: { id: "msg_1", role: "assistant", content: [], usage: { input_tokens: 8 } },
    }),
    typed("ping", {}),
    block({ type: "text", text: "" }),
    block({ type: "thinking", thinking: "", signature: "" }),
  ],
  responses: [
    typed("response.created", { response }),
    typed("response.output_item.added", { item: { type: "message", content: [] } }),
    typed("response.content_part.added", { part: { type: "output_text", text: "", annotations: [] } }),
  ],
}

const telling: Readonly<Record<Framing, ReadonlyArray<string>>> = {
  chat: [
    chat({ content: "a" }),
    chat({ role: "assistant", content: '"' }),
    chat({ ...nulls, reasoning_content: " " }),
    chat({ reasoning: "é" }),
    chat({ ...nulls, tool_calls: [{ index: 0, id: "call_1", function: { name: "f", arguments: "" } }] }),
    'data: {"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]}\n\n',
    'data: {"choices": [{"delta": {"content": "a"}}]}\n\n',
  ],
  completions: [
    'data: {"object":"text_completion","choices":[{"index":0,"text":" a","finish_reason":null}]}\n\n',
    'data: {"choices": [{"text": "\\n"}]}\n\n',
  ],
  messages: [
    delta({ type: "text_delta", text: "a" }),
    delta({ type: "thinking_delta", thinking: "a" }),
    delta({ type: "input_json_delta", partial_json: "{" }),
    block({ type: "tool_use", id: "toolu_1", name: "f", input: {} }),
  ],
  responses: [
    typed("response.output_text.delta", { item_id: "msg_1", delta: "a" }),
    typed("response.reasoning_text.delta", { delta: "\\" }),
    typed("response.output_item.added", { item: { type: "function_call", name: "f", arguments: "" } }),
  ],
}

for (const framing of ["chat", "messages", "responses"] as const) {
  test(`holdsToken() tells the first that a model wrote from what comes before: ${framing}`, () => {
    for (const event of silent[framing]) assert.equal(holdsToken(bytesOf(event), framing), false, event)
    const before = silent[framing].join("")
    assert.equal(holdsToken(bytesOf(before), framing), false)
    for (const event of telling[framing]) {
      assert.equal(holdsToken(bytesOf(event), framing), true, event)
      assert.equal(holdsToken(bytesOf(before + event), framing), true, event)
    }
  })
}

test("holdsToken() says it no earlier than the text, wherever the stream is split", () => {
  const event = bytesOf(chat({ content: "text" }))
  const text = chat({ content: "text" }).indexOf("text")
  for (let at = 0; at <= text; at++) assert.equal(holdsToken(event.slice(0, at), "chat"), false, `${at}`)
  assert.equal(holdsToken(event.slice(0, text + 1), "chat"), true)
})
