import assert from "node:assert/strict"
import { test } from "node:test"
import { streamText, wholeLines } from "../../lib/request-log/stream-text.ts"

const events = (...list: ReadonlyArray<object>) =>
  list.map((event) => `event: any\ndata: ${JSON.stringify(event)}\n\n`).join("")
const linesOf = (text: string) => text.split("\n")

test("pieces() joins the deltas of each choice of a chat", () => {
  const delta = (index: number, content: string) => ({ id: "c", choices: [{ index, delta: { content } }] })
  const joined = streamText(events(delta(0, "sk-"), delta(1, "no"), delta(0, "abc"), delta(1, "thing")))
  assert.deepEqual(linesOf(joined).slice(1), ["sk-abc", "nothing"])
})

test("pieces() joins those of a message's blocks, of a response's items, and of JSON lines", () => {
  const block = (index: number, text: string) => ({ type: "d", index, delta: { text } })
  assert.ok(linesOf(streamText(events(block(0, "sk-"), block(1, "x"), block(0, "abc")))).includes("sk-abc"))
  const item = (output_index: number, delta: string) => ({ type: "d", output_index, content_index: 0, delta })
  assert.ok(linesOf(streamText(events(item(0, "sk-"), item(1, "x"), item(0, "abc")))).includes("sk-abc"))
  assert.equal(streamText('{"token":"sk-"}\r\n{"token":"abc"}\r\n'), "sk-abc")
})

test("pieces() finds none in other texts, and is not exhausted by any", () => {
  assert.equal(streamText(""), "")
  assert.equal(streamText(JSON.stringify({ a: "sk-", b: "abc" })), "")
  assert.equal(streamText(JSON.stringify([{ a: "sk-" }, { a: "abc" }], null, 2)), "")
  assert.equal(streamText("data: [DONE]\n\ndata: {broken\n\ndata: {}x}\n"), "")
  const deep = `data: {"a":${"[".repeat(100_000)}"x"${"]".repeat(100_000)}}\n\n`
  assert.equal(streamText(deep + deep), "")
})

test("wholeLines() leaves out the last line of a stream if it was cut off within", () => {
  const whole = events({ delta: "sk-" }, { delta: "abc" })
  for (let end = 0; end <= whole.length; end++) {
    const text = whole.slice(0, end)
    const cut = wholeLines(text)
    assert.ok(text.startsWith(cut))
    const last = cut.split("\n").at(-1)?.replace("data: ", "") ?? ""
    if (last.startsWith("{") && cut.includes("\n")) assert.doesNotThrow(() => JSON.parse(last), last)
  }
  assert.equal(wholeLines('{"token":"sk-"}\n{"token":"ab'), '{"token":"sk-"}\n')
  assert.equal(wholeLines('data: {"a":1}\r\rdata:{"token":"ab'), 'data: {"a":1}\r\r')
  for (const other of ["", '{"a":"b', '{"a":1}\n{"b":2}', '{\n  "a": {"b', "data: [DONE]\n\n", "a\nb"]) {
    assert.equal(wholeLines(other), other)
  }
})
