import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Framing } from "../../lib/sse/framing.ts"
import { AnswerObserver } from "../../lib/answer/answer-observer.ts"
import type { Usage } from "../../lib/usage/usage.ts"
import { long, recorded } from "../usage/streams.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

interface Observed {
  readonly kind: "json" | "sse"
  readonly framing?: Framing
  readonly limit?: number
}

const observing = ({ kind, framing = "chat", ...input }: Observed) =>
  kind === "json"
    ? new AnswerObserver({ framing: undefined, label: "json", asked: false, ...input })
    : new AnswerObserver({ framing, label: "events", asked: true, ...input })

/** What an observer makes of the bytes, cut at the given places. */
const usageIn = (input: Observed, bytes: Uint8Array, cuts: ReadonlyArray<number> = []) => {
  const observer = observing(input)
  let from = 0
  for (const to of [...cuts, bytes.length]) {
    // A copy that is overwritten: the observer must not keep what it was lent.
    const chunk = bytes.slice(from, to)
    observer.push(chunk)
    chunk.fill(0x7b)
    from = to
  }
  return observer.usage()
}

const newlines = ["\n", "\r\n", "\r"]

for (const { name, framing, body, usage } of recorded) {
  test(`an observer reports the same usage wherever the stream is split: ${name}`, () => {
    for (const newline of newlines) {
      const bytes = bytesOf(body.replaceAll("\n", newline))
      // The smaller limits make the observer look at events as they come, and keep no more than the tails of some.
      for (const limit of [65_536, 1280, 640]) {
        for (let at = 0; at <= bytes.length; at++) {
          assert.deepEqual(usageIn({ kind: "sse", framing, limit }, bytes, [at]), usage, `${newline} ${at}`)
        }
        const all = Array.from(bytes.keys())
        assert.deepEqual(usageIn({ kind: "sse", framing, limit }, bytes, all), usage, "byte by byte")
      }
    }
  })
}

for (const { name, framing, body, usage } of long) {
  test(`an observer finds the usage of a stream longer than it may keep: ${name}`, () => {
    for (const newline of newlines) {
      const bytes = bytesOf(body.replaceAll("\n", newline))
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 20 }), (places) => {
          const cuts = places.sort((a, b) => a - b)
          assert.deepEqual(usageIn({ kind: "sse", framing }, bytes, cuts), usage)
        }),
        { numRuns: 5 },
      )
    }
  })
}

test("an observer finds the usage of one long event wherever its buffer is full", () => {
  const usage: Usage = { input: 80, output: 12, cachedInput: undefined, reasoning: undefined }
  const told = '"usage":{"prompt_tokens":80,"completion_tokens":12}'
  for (let pad = 0; pad < 700; pad++) {
    const filler = '\\"usage\\":{\\"prompt_tokens\\":999},'.repeat(40) + "x".repeat(pad)
    for (
      const json of [`{"choices":{"content":"${filler}\\""},${told}}`, `{${told},"content":"${filler}"}`]
    ) {
      const bytes = bytesOf(`data: ${json}\n\ndata: [DONE]\n\n`)
      assert.deepEqual(usageIn({ kind: "sse", limit: 600 }, bytes), usage, `${pad}`)
    }
  }
})

test("an observer takes an event of several lines as one wherever its buffer is full", () => {
  const usage: Usage = { input: 80, output: 12, cachedInput: undefined, reasoning: undefined }
  const event = 'data: {"usage":{\ndata: "prompt_tokens":80,\ndata: "completion_tokens":12\ndata: }}\n\n'
  for (const newline of newlines) {
    for (let pad = 0; pad < 256; pad++) {
      const bytes = bytesOf(`: ${"x".repeat(pad)}\n\n${event}data: [DONE]\n\n`.replaceAll("\n", newline))
      assert.deepEqual(usageIn({ kind: "sse", limit: 256 }, bytes), usage, `${newline} ${pad}`)
    }
  }
})

const answer = (content: string) => ({
  choices: [{ message: { content, usage: { prompt_tokens: 999 } } }],
  usage: { prompt_tokens: "80", completion_tokens: 12 },
  kv_transfer_params: null,
})
const told: Usage = { input: 80, output: 12, cachedInput: undefined, reasoning: undefined }

test("an observer finds the usage of a JSON body of any length, whatever its strings hold", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.nat(3000),
      fc.constantFrom(0, 2),
      (text, times, indent) => {
        const content = (text + '{"usage":{"prompt_tokens":999}}\\').repeat(times)
        const bytes = bytesOf(JSON.stringify(answer(content), null, indent))
        assert.deepEqual(usageIn({ kind: "json" }, bytes, [bytes.length >> 1]), told)
      },
    ),
    { numRuns: 50 },
  )
})

test("an observer finds usage anywhere in a JSON body, however long", () => {
  const usage = { prompt_tokens: 80, completion_tokens: 12 }
  assert.deepEqual(usageIn({ kind: "json" }, bytesOf(JSON.stringify({ usage, data: "x" }))), told)
  const long = bytesOf(JSON.stringify({ usage, data: "x".repeat(70_000) }))
  assert.deepEqual(usageIn({ kind: "json" }, long), told)
})

test("an observer finds none in a JSON body without it, or cut short anywhere", () => {
  const whole = JSON.stringify(answer('{"usage":{"prompt_tokens":999}}'))
  for (const text of ["", "[]", "null", '"usage"', '{"usage":null}', '{"usage":{}}', '{"a":{"usage":{}}}']) {
    assert.equal(usageIn({ kind: "json" }, bytesOf(text)), undefined, text)
  }
  for (let at = 0; at < whole.length; at++) {
    assert.equal(usageIn({ kind: "json" }, bytesOf(whole.slice(0, at))), undefined, whole.slice(0, at))
  }
})
