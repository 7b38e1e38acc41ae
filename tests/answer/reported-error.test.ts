import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { reportedError } from "../../lib/answer/reported-error.ts"

const errors: ReadonlyArray<readonly [unknown, string]> = [
  [{ error: { message: "queue full", type: "overloaded", code: 503 } }, "overloaded: queue full"],
  [{ error: { message: "queue full", code: 503 } }, "503: queue full"],
  [{ error: "model overloaded" }, "model overloaded"],
  [{ error: true }, "an error without a message"],
  [{ error: 503 }, "503"],
  [{ id: "c1", choices: [], error: { detail: "no such model" } }, "no such model"],
  [{ object: "error", message: "boom", type: "InternalServerError", code: 500 }, "InternalServerError: boom"],
  [{ type: "error", error: { type: "overloaded_error", message: "busy" } }, "overloaded_error: busy"],
  [{ type: "error", code: "server_error", message: "boom", param: null }, "server_error: boom"],
  [{ type: "error" }, "an error without a message"],
  [{ type: "response.failed" }, "response.failed"],
  [
    {
      response: { status: "failed", error: { code: "server_error", message: "boom" } },
      type: "response.failed",
    },
    "server_error: boom",
  ],
  [{ object: "response", status: "failed", error: null }, "failed"],
  [{ object: "response", status: "failed", error: { code: "x", message: "boom" } }, "x: boom"],
  [{ choices: [{ delta: {}, finish_reason: null }, { finish_reason: "error" }] }, "finish_reason: error"],
  [{ choices: [{ finish_reason: "stop", error: { code: 502, message: "gone" } }] }, "502: gone"],
  [{ type: "message_delta", delta: { stop_reason: "error" } }, "stop_reason: error"],
  [[{ error: { code: 429, message: "quota" } }], "429: quota"],
  [[{ error: "bad row" }, { error: "worse row" }], "bad row"],
  [{ error: { code: 0, message: "boom" } }, "0: boom"],
  [{ error: { errors: ["x"] } }, "an error without a message"],
  [{ object: "error", detail: "gone", id: 1 }, "gone"],
  [{ type: "error", sequence_number: 4, code: null, message: "", param: null }, "an error without a message"],
]
for (const [value, text] of errors) {
  test(`${JSON.stringify(value)} reports an error`, () => assert.equal(reportedError(value), text))
}

const sound: ReadonlyArray<unknown> = [
  null,
  "error",
  [],
  {},
  { error: null },
  { error: false },
  { error: "" },
  { error: {} },
  { error: [] },
  { error: { code: null, message: null, type: "" } },
  { error: { code: 0, message: "", details: [] } },
  // What languages write for nothing.
  { result: 1, error: "None" },
  { result: 1, error: "null" },
  { choices: [{ error: "none", finish_reason: "stop" }] },
  // Of many results some may have failed: it is an answer.
  [{ error: "bad row" }, { label: "a" }],
  [{ label: "a" }, { error: "bad row" }],
  // What a model of its own found.
  { object: "error", score: 0.9, box: [1, 2] },
  { type: "error", text: "a line of a log", confidence: 0.8 },
  // A measure, not a failure.
  { error: 0.013 },
  { error: 0 },
  { choices: [{ message: { content: '{"error": "x"}' }, finish_reason: "stop" }], error: null },
  { choices: [{ message: { tool_calls: [{ error: "x" }] } }] },
  {
    object: "response",
    status: "incomplete",
    error: null,
    incomplete_details: { reason: "max_output_tokens" },
  },
  { type: "response.incomplete", response: { object: "response", status: "incomplete", error: null } },
  { type: "response.completed", response: { status: "completed", error: null } },
  // A job that failed is an answer to the question how it is.
  { object: "batch", status: "failed" },
  { type: "message", content: [{ type: "error" }], stop_reason: "end_turn" },
  { type: "message_delta", delta: { stop_reason: "refusal" } },
]
for (const value of sound) {
  test(`${JSON.stringify(value)} reports no error`, () => assert.equal(reportedError(value), undefined))
}

test("a long text is cut, between characters and words", () => {
  const cut = (text: string) => reportedError({ error: text })
  assert.equal(cut("é".repeat(300)), `${"é".repeat(199)}…`)
  assert.equal(cut(`${"a ".repeat(95)}sk-0123456789abcdef is no key`), `${"a ".repeat(95)}…`)
  assert.ok(cut(`${"é".repeat(198)}🌍🌍`)?.isWellFormed())
  assert.equal(cut("a".repeat(200)), "a".repeat(200))
})

test("toldError() takes any JSON, and its text is short and never empty", () => {
  fc.assert(fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
    for (const each of [value, { error: value }, { choices: [{ error: value }] }]) {
      const told = reportedError(each)
      assert.ok(told === undefined || (told.length > 0 && told.length <= 200 && told.isWellFormed()))
    }
  }))
})
