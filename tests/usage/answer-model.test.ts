import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { answerModel } from "../../lib/usage/answer-model.ts"

const encoder = new TextEncoder()

const modelOf = (kind: "sse" | "json", text: string, sizes: ReadonlyArray<number> = []) => {
  const bytes = encoder.encode(text)
  const watch = answerModel()
  let at = 0
  for (const size of sizes) watch.push(bytes.subarray(at, at += size))
  watch.push(bytes.subarray(at))
  return watch.finish(kind === "sse")
}

const event = (value: unknown, end = "\n") => `data: ${JSON.stringify(value)}${end}${end}`
const filler = { text: "x".repeat(100_000) }

test("answerModel() finds the model of every kind of answer, wherever chunks split", () => {
  const answers: ReadonlyArray<readonly ["sse" | "json", string]> = [
    ["json", JSON.stringify({ choices: [{ model: "no" }], usage: {}, model: "a/b" })],
    ["json", JSON.stringify({ filler, model: "a/b" })],
    ["sse", `: hello\n\n${event({ model: "a/b", choices: [] })}${event({ model: "other" })}data: [DONE]\n\n`],
    ["sse", event({ model: "a/b" }, "\r\n") + event(filler)],
    ["sse", `event: message_start\n${event({ type: "message_start", message: { model: "a/b" } })}`],
    ["sse", event({ type: "ping" }) + event({ type: "response.created", response: { model: "a/b" } })],
  ]
  for (const [kind, text] of answers) {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 30 }), (sizes) => {
        assert.equal(modelOf(kind, text, sizes), "a/b", text.slice(0, 100))
      }),
      { numRuns: 50 },
    )
  }
})

test("answerModel() finds none where none is told", () => {
  for (const text of ["", "[]", "{", '{"model":1}', '{"model":""}', '{"a":{"model":"a/b"}}', "data: x\n\n"]) {
    assert.equal(modelOf("json", text), undefined, text)
    assert.equal(modelOf("sse", `data: ${text}\n\n`.replace('{"a":', '{"b":')), undefined, text)
  }
})
