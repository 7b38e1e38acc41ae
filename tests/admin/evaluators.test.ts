/** What evaluators find, and chats as examples. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chatExample } from "../../lib/admin/evaluation/chat-example.ts"
import { evaluationBy, evaluators } from "../../lib/admin/evaluation/evaluators.ts"
import { entryOf } from "./some-log.ts"

test("averages, ranks and shares are over the entries that have the required values", () => {
  const evaluation = evaluationBy(evaluators)
  for (let total_ms = 1; total_ms <= 100; total_ms++) {
    evaluation.add(entryOf(`${total_ms}`, {
      total_ms,
      cost: total_ms <= 10 ? total_ms / 1e8 : null,
      feedback: total_ms === 1 ? -1 : total_ms <= 4 ? 1 : null,
      status: total_ms > 95 ? 500 : 200,
      cached: total_ms % 2 === 0,
      time_to_first_token_ms: total_ms === 7 ? 7 : null,
    }))
  }
  assert.equal(evaluation.total(), 100)
  assert.deepEqual(
    Object.fromEntries(
      evaluation.results().map((
        { evaluation_type_id, result, total_logs },
      ) => [evaluation_type_id, [result, total_logs]]),
    ),
    {
      cost: ["5.5e-8", 10],
      speed: ["50.5", 100],
      feedback: ["75", 4],
      duration_p50: ["50", 100],
      duration_p95: ["95", 100],
      first_token_p50: ["7", 1],
      first_token_p95: ["7", 1],
      error_share: ["5", 100],
      cache_share: ["50", 100],
    },
  )
})

const request = JSON.stringify({ messages: [{ role: "user", content: "x" }], tools: [{ type: "function" }] })
const calls = [{ id: "c", type: "function", function: { name: "f", arguments: '{"a":1}' } }]

test("a chat and its answer are one example, streamed or not", () => {
  const message = { role: "assistant", content: "yes", tool_calls: calls }
  const whole = chatExample(
    request,
    JSON.stringify({ choices: [{ index: 0, message }, { index: 1, message: {} }] }),
  )
  assert.deepEqual(whole, {
    messages: [{ role: "user", content: "x" }, message],
    tools: [{ type: "function" }],
  })
  const deltas = [
    { content: "y" },
    { content: "es" },
    { tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: '{"a"' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] },
  ]
  const stream = deltas.map((delta) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\r\n\r\n`)
    .join("")
  assert.deepEqual(chatExample(request, `${stream}data: [DONE]\r\n\r\n`), whole)
})

test("an entry that is no chat, or has no text, is no example", () => {
  assert.equal(chatExample("{", "{}"), undefined)
  assert.equal(chatExample('{"input":"x"}', '{"choices":[{"message":{"content":"y"}}]}'), undefined)
  assert.equal(chatExample(request, '{"choices":[{"message":{"content":null}}]}'), undefined)
  assert.equal(chatExample(request, "\0"), undefined)
})
