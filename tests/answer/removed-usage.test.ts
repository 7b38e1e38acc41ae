import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { AnswerObserver } from "../../lib/answer/answer-observer.ts"
import { StreamObserver } from "../../lib/answer/stream-observer.ts"
import { chatEvents, type ChatFlavour } from "../simulator/chat-stream.ts"
import { readChatRequest } from "../simulator/chat-request.ts"
import { dedicatedEngine } from "../simulator/models.ts"
import { composeReply } from "../simulator/reply.ts"
import { recorded } from "../usage/streams.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const streamObserver = () => new StreamObserver("chat", 1_048_576, true)
const answerObserver = (isLabelled: boolean) =>
  new AnswerObserver({
    framing: "chat",
    label: isLabelled ? "events" : "other",
    asked: true,
    removesUsage: true,
  })

/** What each push hands on, and the end, of a text that is cut at the given places. */
const pieces = (
  text: string,
  cuts: ReadonlyArray<number> = [],
  filter: Pick<StreamObserver, "push" | "finish"> = streamObserver(),
): ReadonlyArray<Uint8Array> => {
  const bytes = bytesOf(text)
  let from = 0
  const given = [...cuts, bytes.length].map((to) => {
    const chunk = bytes.slice(from, to)
    from = to
    const given = filter.push(chunk)
    const passed = given.buffer === chunk.buffer ? given.slice() : given
    assert.deepEqual(chunk, bytes.slice(to - chunk.length, to), "the chunk is as it was")
    // Overwritten: the filter must not keep what it was lent.
    chunk.fill(0x7b)
    return passed
  })
  return [...given, filter.finish()]
}

const joined = (parts: ReadonlyArray<Uint8Array>): string => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode()
}

const filtered = (text: string, cuts?: ReadonlyArray<number>): string => joined(pieces(text, cuts))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The data of each event, parsed where it is JSON, as a client reads it. */
const dataOf = (text: string): ReadonlyArray<unknown> =>
  text.replace(/^\ufeff/, "").replaceAll(/\r\n?/g, "\n").split("\n\n").flatMap((event) => {
    const lines = event.split("\n").filter((line) => line.startsWith("data:"))
    if (lines.length === 0) return []
    const data = lines.map((line) => line.slice(5)).join("\n")
    try {
      return [JSON.parse(data)]
    } catch {
      return [data]
    }
  })

/** What the filter is to make of the data of an event. */
const expected = (data: unknown): ReadonlyArray<unknown> => {
  if (!isObject(data) || !(isObject(data["usage"]) || data["usage"] === null)) return [data]
  const { usage, ...rest } = data
  const choices = rest["choices"] ?? []
  const isAll = usage !== null && Array.isArray(choices) && choices.length === 0 &&
    [undefined, null, false].some((none) => rest["error"] === none)
  return isAll ? [] : [rest]
}

const usage = { prompt_tokens: 80, completion_tokens: 12, completion_tokens_details: { reasoning_tokens: 3 } }
const choices = [{
  index: 0,
  delta: { content: '"usage":{"a":1}}, \\"usage\\":null 🌍' },
  finish_reason: null,
}]
const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const done = "data: [DONE]\n\n"

const bodies: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    recorded.filter(({ framing }) => framing === "chat").map(({ name, body }) => [name, body]),
  ),
  "usage first, in the middle, last and alone": data({ usage, id: 1, choices }) +
    data({ id: 2, usage, choices }) + data({ id: 3, choices, usage }) + data({ usage }) + done,
  "spaces between all tokens":
    'data: { "id" : "a" , "usage" : null , "choices" : [ { } ] } \n\ndata:{ "usage" : { } , "choices" : [ ] }\n\n',
  "no choices": data({ id: 1, usage }) + data({ choices: null, usage }) +
    data({ choices: null, usage: null }),
  "nulls, and an empty chunk that says more":
    data({ choices: [], prompt_filter_results: [{}], usage: null }) +
    data({ choices, usage: null }) + data({ choices: [], usage }) + done,
  "errors": data({ error: { message: "x" }, choices: [], usage }) +
    data({ error: null, choices: [], usage }) + data({ choices: [], usage, error: false }) +
    data({ error: "x", usage: null }),
  "other types, nested members and strings": data({ usage: "usage" }) + data({ usage: [1] }) +
    data({ usage: 1 }) +
    data({ id: "usage", choices: [{ usage, delta: { usage: null } }] }) + data([{ usage }]) + data("usage") +
    data({ a: '\\"usage\\":{}', choices: [], b: "]" }),
  "no JSON":
    'data: {"usage":null\n\ndata: {"usage":null}}\n\ndata: usage\n\ndata: {"usage"=null}\n\ndata:\n\ndata\n\n',
  "names, ids, comments and blank lines": `\ufeff: hi\n\n\nid: 1\nevent: x\n${
    data({ choices, usage })
  }: a\n:\n${data({ choices: [], usage })}\n: "usage"\n`,
  "a byte order mark": `\ufeff${data({ choices, usage })}${done}`,
  "several lines": `data: {"usage":\ndata: null}\n\ndata: {"choices":[],\ndata: "usage":{}}\n\n${done}`,
  "several lines, of which some are empty, and others between them":
    `data: {"id":1\nid: 1\ndata: ,"usage": {\n: "usage"\ndata\ndata:}, "b":2\ndata:}\ndata\n\n${done}`,
  "other lines behind the data":
    `data: {"choices":[],"usage":{}}\nevent: x\nid: 1\n\ndata: {"choices":[1],"usage":{}}\n: hi\n\n${done}`,
}

const newlines = ["\n", "\r\n", "\r"]
const cutsIn = (length: number) =>
  fc.uniqueArray(fc.nat(length), { maxLength: 12 }).map((places) => places.sort((a, b) => a - b))

for (const [name, lines] of Object.entries(bodies)) {
  test(`an observer leaves out the usage wherever the stream is split: ${name}`, () => {
    for (const newline of newlines) {
      const body = lines.replaceAll("\n", newline)
      const whole = filtered(body)
      assert.deepEqual(dataOf(whole), dataOf(body).flatMap(expected))
      const { length } = bytesOf(body)
      for (let at = 0; at <= length; at++) assert.equal(filtered(body, [at]), whole, `${at}`)
      assert.equal(filtered(body, Array.from({ length }, (_, at) => at)), whole, "byte by byte")
      fc.assert(fc.property(cutsIn(length), (cuts) => assert.equal(filtered(body, cuts), whole)))
    }
  })
}

test("an observer keeps every other byte", () => {
  const table: ReadonlyArray<readonly [given: string, kept: string]> = [
    [
      'data: {"choices":[1e400],"usage":{"x":{}},"b":1.10}\r\n\r\n',
      'data: {"choices":[1e400],"b":1.10}\r\n\r\n',
    ],
    ['data: {"usage":null,"b":1}\n\n', 'data: {"b":1}\n\n'],
    ['data: {"b":1,"usage":null}\n\n', 'data: {"b":1}\n\n'],
    ['data:{"usage":null}\n\n', "data:{}\n\n"],
    ['id: 1\ndata: {"choices":[],"usage":{}}\n\n: x\n\n', ": x\n\n"],
    ['data: {"choices":[],"usage":{}}\r\n\r\ndata: 1\r\n\r\n', "data: 1\r\n\r\n"],
    ['data: {"choices":[],"usage":{}}\n\n\n', "\n"],
    ['data: {"choices":[],"usage":{}}', ""],
    ['data: {"choices":[],"usage":{', 'data: {"choices":[],"usage":{'],
    ['data: {"usage":null,"usage":null}\n\n', 'data: {"usage":null,"usage":null}\n\n'],
    ['data: {"usage":null}\nid: 1\n\n', "data: {}\nid: 1\n\n"],
    ['data: {"a":1,\ndata: "usage":null,\ndata: "b":1}\n\n', 'data: {"a":1\ndata:,\ndata: "b":1}\n\n'],
    ['data: {"choices":[],"usage":{}}\r\nid: 2\r\n\r\n: x\r\n\r\n', ": x\r\n\r\n"],
    ['data: {"choices":[],"usage":{}}\ndata: {}\n\n', 'data: {"choices":[],"usage":{}}\ndata: {}\n\n'],
  ]
  for (const [given, kept] of table) assert.equal(filtered(given), kept, given)
})

test("an observer edits any JSON as a parser would", () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(0, 1.5, null, true, "usage", '"usage":{', '\\"', "\\", "{[", "}]", [], {}),
      fc.string({ unit: "grapheme" }),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("usage", "choices", "error", 'a"', "\\"), tie("value"), { maxKeys: 5 }),
    ),
  }))
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 4 }),
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      (values, spaced, at) => {
        const json = (value: unknown) =>
          spaced ? JSON.stringify(value, null, 1).replaceAll("\n", "") : JSON.stringify(value)
        const body = values.map((value) => `data: ${json(value)}\n\n`).join("")
        const { length } = bytesOf(body)
        const cut = (at.next().value ?? 0) % (length + 1)
        assert.deepEqual(dataOf(filtered(body, [cut])), dataOf(body).flatMap(expected))
      },
    ),
    { numRuns: 1000 },
  )
})

const simulated = (model: string, flavour: ChatFlavour, includeUsage: boolean, more: object): string => {
  const body = { model, stream: true, messages: [{ role: "user", content: 'a "usage":{} é' }], ...more }
  const asked = { ...body, stream_options: { include_usage: includeUsage } }
  const request = readChatRequest(asked, undefined, flavour === "dedicated" ? dedicatedEngine : undefined)
  return [...chatEvents(request, composeReply(request.ask), flavour)].map(({ text }) => text).join("")
}

test("an observer returns what the server would have sent without the request for usage", () => {
  const models = [
    "openai/gpt-oss-120b",
    "deepseek-ai/DeepSeek-V4-Pro-0813",
    "zai-org/GLM-5.3",
    "moonshotai/Kimi-K3",
  ]
  const tools = [{ type: "function", function: { name: "usage", parameters: { type: "object" } } }]
  for (const model of models) {
    for (const flavour of ["shared", "dedicated"] as const) {
      for (const more of [{}, { tools }, { reasoning_effort: "high" }]) {
        const asked = simulated(model, flavour, true, more)
        assert.equal(filtered(asked), simulated(model, flavour, false, more), `${model} ${flavour}`)
      }
    }
  }
})

test("an observer finds the usage that it leaves out", () => {
  for (const { body, framing, usage } of recorded) {
    if (framing !== "chat") continue
    const observer = streamObserver()
    for (const chunk of body.match(/[^]{1,100}/g)?.map(bytesOf) ?? []) observer.push(chunk)
    assert.deepEqual(observer.usage(), usage)
  }
})

test("an observer hands on whole events at once, and the very chunk where it can", () => {
  const filter = streamObserver()
  for (
    const text of [data({ choices }), data({ choices }).repeat(3) + done, ": ping\n\n", "\n", ": ping\n"]
  ) {
    const chunk = bytesOf(text)
    assert.equal(filter.push(chunk), chunk)
  }
  const kept = data({ choices })
  assert.equal(textOf(filter.push(bytesOf(`${kept}${data({ choices, usage })}data: {"ch`))), kept + kept)
  assert.equal(filter.push(bytesOf('oices":[],"usage":{}}\n')).length, 0)
  assert.equal(textOf(filter.push(bytesOf(`\n${kept}`))), kept)
  assert.equal(filter.finish().length, 0)
})

test("an observer neither holds nor changes an event of more than a mebibyte, and goes on behind it", () => {
  const event = (size: number) => `id: 1\ndata: {"a":"${"x".repeat(size)}","usage":null}\n\n`
  const frame = event(0).length
  const long = event(1_048_577 - frame)
  const short = data({ choices, usage })
  const kept = long + data({ choices })
  assert.equal(filtered(long + short), kept)
  for (const part of [1000, 65_536, 1_048_576]) {
    const cuts = Array.from({ length: Math.floor(long.length / part) }, (_, at) => (at + 1) * part)
    const given = pieces(long + short, cuts)
    assert.equal(joined(given), kept)
    const held = given.findIndex((piece) => piece.length > 0)
    assert.ok(held * part <= 1_048_576)
  }
  const lines = `id: 1\ndata: ${"x".repeat(1_048_577)}\n`
  const more = 'data: {"usage":null}\n\n'
  const cuts = [lines.length, lines.length + more.length + 20]
  assert.equal(filtered(lines + more + short, cuts), lines + more + data({ choices }))
  const longest = event(1_048_576 - frame)
  assert.equal(filtered(longest), longest.replace(',"usage":null', ""))
})

const filteredByForm = (text: string, cuts: ReadonlyArray<number>, isLabelled: boolean) =>
  joined(pieces(text, cuts, answerObserver(isLabelled)))

const forms: ReadonlyArray<readonly [name: string, given: string, kept: string]> = [
  ["an event stream", data({ choices, usage }) + data({ usage }) + done, data({ choices }) + done],
  ["one behind blank lines", `\n\r\n\n${data({ usage })}${done}`, `\n\r\n\n${done}`],
  ["JSON that is no stream", JSON.stringify({ choices, usage }), JSON.stringify({ choices, usage })],
  [
    "JSON of several lines",
    JSON.stringify({ choices, usage }, null, 1),
    JSON.stringify({ choices, usage }, null, 1),
  ],
  [
    "JSON lines",
    [{ a: 1, usage }, { choices, usage }, { b: 1 }].map((line) => JSON.stringify(line)).join("\n"),
    [{ a: 1, usage }, { choices }, { b: 1 }].map((line) => JSON.stringify(line)).join("\n"),
  ],
  ["JSON lines that end with the usage", `{"a":1}\n${JSON.stringify({ usage })}\n`, '{"a":1}\n'],
  ["JSON lines that end without a line break", `{"a":1}\r\n${JSON.stringify({ usage })}`, '{"a":1}\r\n'],
  ["a page", "<html>usage</html>", "<html>usage</html>"],
  ["what is cut within its first word", "dat", "dat"],
  ["nothing", "", ""],
]
for (const [name, given, kept] of forms) {
  test(`an observer leaves out what it may of ${name}, wherever it is split`, () => {
    const { length } = bytesOf(given)
    for (const isLabelled of [true, false]) {
      for (let at = 0; at <= length; at++) {
        assert.equal(filteredByForm(given, [at], isLabelled), kept, `${at}`)
      }
      const all = Array.from({ length }, (_, at) => at)
      assert.equal(filteredByForm(given, all, isLabelled), kept, "byte by byte")
    }
  })
}

test("an observer holds no blank line back, which may keep a connection alive, and takes chunks as they are", () => {
  const filter = answerObserver(true)
  for (const text of ["\n", ": ping\n\n", data({ choices })]) {
    const chunk = bytesOf(text)
    assert.equal(filter.push(chunk), chunk)
  }
})

test("an observer hands on a line of more than a mebibyte as it comes", () => {
  const long = `{"a":"${"x".repeat(1_200_000)}","usage":null}\n`
  const text = `{"a":1}\n${long}${JSON.stringify({ usage })}\n{"b":1}\n`
  const cuts = Array.from({ length: 29 }, (_, at) => at * 40_000 + 10)
  const kept = filteredByForm(text, cuts, false)
  assert.equal(kept.replace(/x+/, "x"), `{"a":1}\n${long}{"b":1}\n`.replace(/x+/, "x"))
  assert.equal(kept.length, long.length + 16)
})
