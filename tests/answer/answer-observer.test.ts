import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { BodyForm, Framing } from "../../lib/sse/framing.ts"
import { AnswerObserver } from "../../lib/answer/answer-observer.ts"
import { wholeStreams } from "./whole-streams.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes)

interface Answer {
  readonly framing?: Framing | undefined
  readonly label?: BodyForm
  readonly asked?: boolean
  readonly limit?: number
}

/** Pushes bytes through an observer, cut at the given places. */
const pushed = (
  bytes: Uint8Array,
  { framing = "chat", label = "events", asked = true, limit }: Answer = {},
  cuts: ReadonlyArray<number> = [],
) => {
  const observer = new AnswerObserver({ framing, label, asked, ...(limit && { limit }) })
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...places, bytes.length]) {
    const chunk = bytes.slice(from, to)
    observer.push(chunk)
    chunk.fill(0x7b)
    from = to
  }
  return observer
}
const observed = (text: string, answer?: Answer, cuts?: ReadonlyArray<number>) =>
  pushed(bytesOf(text), answer, cuts)

const newlines = ["\n", "\r\n", "\r"]

for (const { name, framing, body, spare } of wholeStreams) {
  test(`an observer sees the end of ${name} at its last byte and not before`, () => {
    for (const newline of newlines) {
      for (const limit of [65_536, 64]) {
        const text = body.replaceAll("\n", newline)
        const bytes = bytesOf(text)
        // A lone LF after a CR is no line of its own: the blank line is there with its CR.
        const last = bytes.length - (spare * newline.length || (newline === "\r\n" ? 1 : 0))
        for (let at = 0; at <= bytes.length; at++) {
          const observer = pushed(bytes.subarray(0, at), { framing, limit })
          assert.equal(observer.isComplete(), at >= last, `${JSON.stringify(newline)} ${limit} ${at}`)
          assert.equal(observer.mayEnd(), at >= last)
        }
      }
    }
  })

  test(`an observer sees the end of ${name} however it is split, and no error in it`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.constantFrom(...newlines),
        fc.constantFrom(64, 200, 65_536),
        fc.constantFrom("", "\ufeff", "\n\n"),
        (cuts, newline, limit, before) => {
          const observer = observed(before + body.replaceAll("\n", newline), { framing, limit }, cuts)
          assert.deepEqual([observer.isComplete(), observer.form(), observer.error()], [
            true,
            "events",
            undefined,
          ])
        },
      ),
    )
  })

  for (const label of ["other", "json"] as const) {
    test(`an observer knows ${name} by its first bytes, whatever its label (${label})`, () => {
      const observer = observed(body, { framing, label })
      assert.deepEqual([observer.form(), observer.isComplete()], ["events", true])
      assert.ok(observed(body.slice(0, 60), { framing, label }).closing("idle"))
    })
  }

  test(`the notice that closes ${name} is an event of its own, wherever the stream broke off`, () => {
    for (const newline of newlines) {
      const text = body.replaceAll("\n", newline)
      fc.assert(fc.property(fc.nat(text.length - 3), fc.constantFrom(64, 65_536), (at, limit) => {
        const closing = textOf(observed(text.slice(0, at), { framing, limit }).closing("upstream_cut"))
        const lines = (text.slice(0, at) + closing).split(/\r\n|\n|\r/)
        const error = lines.findLastIndex((line) => /^event: error|^data: \{"error"/.test(line))
        assert.ok(error === 0 || lines[error - 1] === "", JSON.stringify(lines.slice(-6)))
      }))
    }
  })
}

const errors: ReadonlyArray<readonly [Framing, string, string]> = [
  ["chat", 'data: {"error":{"message":"queue full","type":"overloaded"}}\n\n', "overloaded: queue full"],
  ["chat", 'data: { "id":1, "error" : {"message":"queue full"}}\n\n', "queue full"],
  ["chat", 'data: {"choices":[],\ndata: "error":"x"}\n\n', "x"],
  ["completions", 'event: error\ndata: {"message":"boom"}\n\n', "boom"],
  ["completions", "event:error\ndata: boom\n\n", "boom"],
  [
    "messages",
    'data: {"error":{"type":"overloaded_error","message":"busy"},"type":"error"}\n\n',
    "overloaded_error: busy",
  ],
  ["messages", "event: error\ndata: {}\n\n", "{}"],
  [
    "responses",
    'data: {"response":{"error":{"code":"x","message":"boom"}},"type":"response.failed"}\n\n',
    "x: boom",
  ],
  ["responses", 'event: error\ndata: {"type":"error","code":"x","message":"boom"}\n\n', "x: boom"],
]
for (const [framing, event, error] of errors) {
  test(`an error in the stream is noticed, and no second one is added: ${framing} ${event}`, () => {
    for (const newline of newlines) {
      for (const limit of [65_536, 64]) {
        const text = `: hi\n\n${event}`.replaceAll("\n", newline)
        fc.assert(
          fc.property(fc.array(fc.nat(), { maxLength: 9 }), (cuts) => {
            const observer = observed(text, { framing, limit }, cuts)
            assert.equal(observer.closing("upstream_cut")?.length, 0)
            assert.equal(observer.error(), error)
          }),
          { numRuns: 20 },
        )
      }
    }
  })
}

const unshown: ReadonlyArray<readonly [event: string, error: string]> = [
  ['data: {"choices":[{"finish_reason":"error"}]}\n\n', "finish_reason: error"],
  ['data: {"choices":[{"finish_reason":"error"}],"error":false}\n\n', "finish_reason: error"],
  ['data: {"object":"error","message":"boom","code":500}\n\n', "500: boom"],
]
for (const [event, error] of unshown) {
  test(`an error that clients' libraries do not show is noticed, and a cut is still reported: ${event}`, () => {
    const observer = observed(event)
    assert.match(textOf(observer.closing("idle")) ?? "", /"code":"idle"/)
    assert.equal(observer.error(), error)
  })
}

test("events may be longer than the buffer, and their members stand in any order", () => {
  const long = 'x\\"error\\":'.repeat(20_000)
  const table: ReadonlyArray<readonly [Framing, string, string | undefined]> = [
    ["responses", `{"type":"response.completed","response":{"output":["${long}"],"error":null}}`, undefined],
    ["responses", `{"response":{"output":["${long}"]},"type":"response.completed"}`, undefined],
    [
      "responses",
      `{"response":{"error":{"message":"boom"},"output":["${long}"]},"type":"response.failed"}`,
      "boom",
    ],
    [
      "responses",
      `{"response":{"output":["${long}"],"error":{"message":"boom"}},"type":"response.failed"}`,
      "boom",
    ],
    ["messages", `{"pad":[${"1,".repeat(40_000)}{"a":[[[[[1]]]]]}],"type":"message_stop"}`, undefined],
  ]
  for (const [framing, json, error] of table) {
    for (const newline of newlines) {
      const text = `: hi\n\nid: 1\ndata: ${json}\n\n`.replaceAll("\n", newline)
      const bytes = bytesOf(text)
      for (const at of [0, 7, 4096, 65_540, bytes.length - 2]) {
        const observer = pushed(bytes, { framing }, [at, at + 70_000])
        assert.deepEqual([observer.isComplete(), observer.error()], [true, error], json.slice(0, 40))
      }
      assert.equal(pushed(bytes.subarray(0, -newline.length), { framing }).isComplete(), false)
    }
  }
})

const json = JSON.stringify({
  choices: [{ message: { content: "data: [DONE]\n\n é }]" } }],
  usage: { prompt_tokens: 7 },
})
for (const label of ["events", "json", "other"] as const) {
  test(`JSON in place of a requested stream is read as JSON, complete at its last byte (label: ${label})`, () => {
    const bytes = bytesOf(`\n ${json}`)
    for (const limit of [65_536, 64]) {
      for (let at = 3; at <= bytes.length; at++) {
        const observer = pushed(bytes.subarray(0, at), { label, limit })
        assert.equal(observer.mayEnd(), at === bytes.length, `${at}`)
        assert.deepEqual([observer.form(), observer.isComplete(), observer.closing("idle")], [
          "json",
          false,
          undefined,
        ])
      }
      assert.equal(pushed(bytes, { label, limit }).usage()?.input, 7)
    }
  })
}

for (const limit of [65_536, 64]) {
  test(`JSON lines report what one of them reports, and may end after any (${limit})`, () => {
    const lines = '{"a":1}\n{"usage":{"prompt_tokens":1,"completion_tokens":2}}\n'
    const observer = observed(lines, { label: "other", limit })
    assert.ok(observer.mayEnd())
    assert.deepEqual([observer.usage()?.input, observer.usage()?.output, observer.error()], [1, 2, undefined])
    assert.equal(observed(`${lines}{"error":"x"}\n`, { limit }).error(), "x")
    assert.equal(observed(`${lines}{"er`, { limit }).mayEnd(), false)
  })
}

for (const text of ["<html>", "hello", "\x1f\x8b\x08", "dat", "NaN"]) {
  test(`what is neither may end anywhere, and tells nothing: ${JSON.stringify(text)}`, () => {
    const observer = observed(`${text} it is`, { label: "other" })
    assert.deepEqual([observer.form(), observer.mayEnd(), observer.isComplete()], ["other", true, false])
    assert.deepEqual([observer.usage(), observer.error(), observer.closing("idle")], [
      undefined,
      undefined,
      undefined,
    ])
    assert.equal(observed(`${text} it is\n\ndata: [DONE]\n\n`).isComplete(), true, "a label still counts")
  })
}

test("nothing is added to a stream that was not requested", () => {
  const observer = observed("data: {}\n\n", { label: "json", asked: false })
  assert.deepEqual([observer.streams, observer.mayEnd(), observer.closing("idle")], [false, false, undefined])
})

test("an error anywhere in a JSON body is seen, in whole ones and in long ones", () => {
  const error = { message: "boom" }
  const pad = 'x\\"'.repeat(40_000)
  for (const value of [{ error, pad }, { pad, error, more: pad }, { pad, error }, { error }]) {
    assert.equal(observed(JSON.stringify(value), { label: "json", asked: false }).error(), "boom")
    assert.equal(observed(JSON.stringify({ pad: value }), { label: "json", asked: false }).error(), undefined)
  }
  assert.equal(observed('{"error":null,"score":NaN}', { label: "json" }).error(), undefined)
  assert.equal(observed('{"error":"x","score":-Infinity}', { label: "json" }).mayEnd(), true)
})

const closingOf = (text: string) =>
  (textOf(observed(text, { framing: "responses" }).closing("idle")) ?? "").split("\n").flatMap((line) =>
    line.startsWith("data: ") ? [JSON.parse(line.slice(6)) as Record<string, unknown>] : []
  )

test("a Responses stream is closed by an error of the next sequence number, and by a failed response", () => {
  const created = {
    type: "response.created",
    sequence_number: 3,
    response: { id: "resp_1", created_at: 5, model: "m" },
  }
  const [error, failed] = closingOf(
    `data: ${JSON.stringify(created)}\n\ndata: {"sequence_number" : 12,"x":"\\"sequence_number\\":99`,
  )
  assert.deepEqual([error?.["type"], error?.["sequence_number"], error?.["code"]], ["error", 13, "idle"])
  assert.deepEqual([failed?.["type"], failed?.["sequence_number"]], ["response.failed", 14])
  const { id, status, model, created_at, error: told } = failed?.["response"] as Record<string, unknown>
  assert.deepEqual([id, status, model, created_at], ["resp_1", "failed", "m", 5])
  assert.equal((told as { code: string }).code, "server_error")
  assert.deepEqual(closingOf("").map((event) => [event["type"], event["sequence_number"]]), [["error", 0]])
})

test("the totals of a message never fall", () => {
  const text =
    'data: {"type":"message_start","message":{"usage":{"input_tokens":4522,"output_tokens":0}}}\n\n' +
    'data: {"type":"message_delta","usage":{"input_tokens":0,"output_tokens":5}}\n\n'
  const { input, output } = observed(text, { framing: "messages" }).usage() ?? {}
  assert.deepEqual([input, output], [4522, 5])
})

test("the totals of a chat never fall either", () => {
  const usage = (input: number, output: number) =>
    `data: {"choices":[],"usage":{"prompt_tokens":${input},"completion_tokens":${output}}}\n\n`
  for (const limit of [64, 65_536]) {
    const { input, output } = observed(usage(10, 2) + usage(0, 0), { limit }).usage() ?? {}
    assert.deepEqual([input, output], [10, 2])
  }
})
