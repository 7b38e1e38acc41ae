import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type AnswerKind, isWholeAnswer } from "../../lib/cache/whole-answer.ts"
import { reportedError } from "../../lib/answer/reported-error.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const kind = (more: Partial<AnswerKind> = {}): AnswerKind => ({
  type: "application/json",
  stream: false,
  object: true,
  untilClose: false,
  tellsError: (value) => reportedError(value) !== undefined,
  ...more,
})
const predicted = kind({ object: false })
const text = kind({ object: false, type: "text/plain" })
const stream = kind({ type: "text/event-stream", stream: true, object: false })
const chunk = 'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
const done = "data: [DONE]\n\n"
const is = (body: string, of: AnswerKind = kind()) => isWholeAnswer(bytes(body), of)

test("a JSON call is answered by an object without an error, whatever it is labelled", () => {
  const good = ['{"id":"c1","choices":[]}', ' {"error":null,"usage":{}}\n', '{"error":"","error_count":0}']
  for (const body of good) {
    for (const as of [kind(), kind({ type: "text/plain" })]) assert.equal(is(body, as), true, body)
  }
  const bad = [
    "",
    "<html>Just a moment...</html>",
    "[]",
    "null",
    "12",
    '"text"',
    '{"id":"c1"}{}',
    '{"id":"c1","choices":[{"message":{"content":"trunc',
    '{"error":{"message":"overloaded"}}',
    '{"id":"c1","choices":[],"usage":{},"error":{"code":502}}',
    '{"error":"overloaded"}',
    '{"type":"error","error":{}}',
    '{"object":"error","message":"boom"}',
    '{"object":"response","status":"failed","output":[]}',
    '{"object":"response","status":"queued","output":[]}',
    '{"status":"in_progress","object":"response"}',
  ]
  for (const body of bad) {
    for (const as of [kind(), kind({ type: "text/plain" })]) assert.equal(is(body, as), false, body)
  }
  assert.equal(is('{"object":"response","status":"incomplete","output":[]}'), true)
  assert.equal(isWholeAnswer(new Uint8Array([0x22, 0xff, 0x22]), predicted), false)
})

test("JSON that is cut short is never whole, wherever it is cut", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 3 }), fc.nat(), (whole, at) => {
    const cut = whole.slice(0, at % whole.length)
    assert.equal(is(cut, predicted), false, cut)
  }))
})

test("a model's own code may answer with any JSON but a lone number, which may be cut", () => {
  for (const body of ["[1,2]", '"text"', "null", '{"output":1}']) {
    assert.equal(is(body, predicted), true, body)
  }
  for (
    const body of [
      "1234",
      '{"error":"no"}',
      "[1,2",
      '[{"error":{"code":500}}]',
      '[{"a":1},{"error":"bad row"}]',
    ]
  ) {
    assert.equal(is(body, predicted), false, body)
  }
})

test("text is kept as it is, unless it is a page, a stream, or JSON that is cut or tells of an error", () => {
  for (const body of ["Hello", "1,2\n3,4", '{"a":1}']) assert.equal(is(body, text), true, body)
  const bad = [
    "",
    "<!DOCTYPE html><title>502</title>",
    " <html><body>",
    '{"error":"no"}',
    '{"a":',
    chunk,
    ": ping\n\n",
  ]
  for (const body of bad) assert.equal(is(body, text), false, body)
})

test("audio and images are kept as bytes, except for a call that is answered by JSON", () => {
  const png = kind({ type: "image/png", object: false })
  assert.equal(isWholeAnswer(new Uint8Array([0x7b, 0xff]), png), true)
  assert.equal(isWholeAnswer(new Uint8Array(0), png), false)
  assert.equal(isWholeAnswer(new Uint8Array([1]), kind({ type: "image/png" })), false)
  assert.equal(
    isWholeAnswer(new Uint8Array([1, 2]), kind({ type: "application/octet-stream", object: false })),
    true,
  )
})

test("a stream is kept whose events are JSON without an error, in any line ends", () => {
  const good = chunk + ": ping\n\n" + 'event: x\nid: 1\ndata:{"a":\ndata: 1}\n\n' + done
  for (const end of ["\n", "\r\n", "\r"]) assert.equal(is(good.replaceAll("\n", end), stream), true, end)
})

test("one event that reports an error excludes a stream, wherever it stands", () => {
  const errors = [
    'data: {"error":{"message":"queue full"}}\n\n',
    'data: { "error" : "queue full" }\n\n',
    "event: error\ndata: queue full\n\n",
    "event:error\ndata: {}\n\n",
    'data: {"object":"error","message":"boom"}\n\n',
    'data: {"response":{"status":"failed"},"type":"response.failed"}\n\n',
    'data: {"choices":[{"delta":{},"finish_reason":"error"}]}\n\n',
    'data: {"id":1,\ndata: "error":{"code":1}}\n\n',
    "data: oops\n\n",
  ]
  for (const error of errors) {
    for (const all of [error + chunk + done, chunk + error + done, chunk + done + error]) {
      assert.equal(is(all, stream), false, all)
      assert.equal(is(all.replaceAll("\n", "\r\n"), stream), false, all)
    }
  }
})

test("a stream without an event, or within one, is not kept", () => {
  for (const body of ["", ": ping\n\n", '{"id":"c1"}', chunk + "data: [DONE]\n", chunk + 'data: {"a"']) {
    assert.equal(is(body, stream), false, body)
  }
})

test("a body that ends with its connection is kept only if it shows itself that it is complete", () => {
  for (const untilClose of [false, true]) {
    assert.equal(is('{"a":1}', kind({ untilClose })), true)
    assert.equal(is(chunk + done, { ...stream, untilClose }), true)
    assert.equal(is("Hello", { ...text, untilClose }), !untilClose)
    assert.equal(is("RIFF", kind({ type: "audio/wav", object: false, untilClose })), !untilClose)
  }
})
