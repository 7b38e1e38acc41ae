import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Framing } from "../../lib/sse/framing.ts"
import { StreamObserver } from "../../lib/answer/stream-observer.ts"
import { estimateInput } from "../../lib/usage/estimate.ts"
import { long, recorded } from "./streams.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

const estimated = (framing: Framing, text: string, cuts: ReadonlyArray<number> = [], limit = 65_536) => {
  const observer = new StreamObserver(framing, limit, false)
  const bytes = bytesOf(text)
  let from = 0
  for (const to of [...cuts, bytes.length]) {
    const chunk = bytes.slice(from, to)
    observer.push(chunk)
    chunk.fill(0x7b)
    from = to
  }
  return observer.outputTokens()
}

const members: Record<Framing, ReadonlyArray<string>> = {
  chat: ["content", "reasoning_content", "reasoning", "arguments"],
  completions: ["text"],
  messages: ["text", "thinking", "partial_json"],
  responses: ["delta"],
}

/** Bytes as the estimate counts them: one for an escape, and for a letter of two bytes. */
const size = (text: string): number =>
  [...JSON.stringify(text).slice(1, -1).replaceAll(/\\./g, "x")]
    .reduce((sum, letter) => sum + (letter < "\u0800" ? 1 : bytesOf(letter).length), 0)

/** The texts of a stream, as JSON.parse() reads them. */
const textsOf = (framing: Framing, body: string): ReadonlyArray<string> => {
  const texts: Array<string> = []
  for (const line of body.split("\n")) {
    if (!/^data: ?\{.*\}$/s.test(line)) continue
    JSON.parse(line.slice("data:".length), (key, value: unknown) => {
      if (members[framing].includes(key) && typeof value === "string" && value !== "") texts.push(value)
      return value
    })
  }
  return texts
}

const expected = (framing: Framing, body: string): number | undefined => {
  const texts = textsOf(framing, body)
  return texts.length === 0
    ? undefined
    : Math.max(texts.length, Math.round(texts.reduce((sum, text) => sum + size(text), 0) / 4))
}

for (const { name, framing, body } of [...recorded, ...long]) {
  test(`an observer counts the texts that a parser finds: ${name}`, () => {
    // A text within an event of several lines, or one cut short, is one that the parser here does not see.
    const whole = body.slice(0, body.lastIndexOf("\n\n"))
    assert.equal(estimated(framing, whole), expected(framing, whole))
    assert.equal(estimated(framing, whole.replaceAll("\n", "\r\n")), expected(framing, whole))
  })
}

const events = fc.array(
  fc.tuple(fc.constantFrom(...members.chat), fc.string({ unit: "grapheme" })).map(([key, text]) =>
    `data: ${JSON.stringify({ id: '"content":"x"', choices: [{ delta: { role: null, [key]: text } }] })}\n\n`
  ),
)

test("an observer counts whatever texts hold, wherever chunks end, and however little it holds", () => {
  fc.assert(fc.property(events, fc.array(fc.nat()), (events, places) => {
    const body = events.join("")
    assert.equal(estimated("chat", body), expected("chat", body))
    const cuts = places.map((place) => place % (bytesOf(body).length + 1)).sort((one, other) => one - other)
    for (const limit of [65_536, 64]) {
      assert.equal(estimated("chat", body, cuts, limit), expected("chat", body))
    }
  }))
})

for (const { name, framing, body } of recorded) {
  test(`an observer is the same byte by byte: ${name}`, () => {
    const cuts = [...bytesOf(body).keys()]
    for (const limit of [65_536, 64]) {
      assert.equal(estimated(framing, body, cuts, limit), estimated(framing, body))
    }
  })
}

const chunk = (delta: object) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", choices: [{ index: 0, delta }] })}\n\n`

test("an observer takes each text for a token, or four bytes of them", () => {
  const words = ["The", " gateway", " stands", " between", ",", " and", " counts", "."]
  const oneEach = words.map((content) => chunk({ content })).join("")
  assert.equal(
    estimated("chat", chunk({ role: "assistant", content: "" }) + oneEach + "data: [DONE]\n\n"),
    10,
  )
  assert.equal(estimated("chat", chunk({ content: words.join("") })), 10)
  assert.equal(estimated("chat", ["a", "b", "c"].map((content) => chunk({ content })).join("")), 3)
  assert.equal(estimated("chat", chunk({ content: "Шлюз стоит между" })), 4)
  assert.equal(
    estimated("chat", chunk({ tool_calls: [{ function: { name: "x", arguments: '{"a":"b"}' } }] })),
    2,
  )
  assert.equal(estimated("chat", chunk({ role: "assistant", content: null }) + "data: [DONE]\n\n"), undefined)
  assert.equal(estimated("chat", ""), undefined)
})

test("an observer takes what a model wrote once, though a response tells it again", () => {
  const delta =
    'event: response.output_text.delta\ndata: {"delta":"12345678","type":"response.output_text.delta"}\n\n'
  const done =
    'event: response.output_text.done\ndata: {"type":"response.output_text.done","text":"12345678"}\n\n'
  assert.equal(estimated("responses", delta + done), 2)
})

test("estimateInput() takes four bytes for a token", () => {
  assert.deepEqual([0, 1, 4, 4001].map(estimateInput), [0, 1, 1, 1001])
})
