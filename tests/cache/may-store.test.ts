import assert from "node:assert/strict"
import { test } from "node:test"
import { mayAnswer, mayStore } from "../../lib/cache/may-store.ts"

const may = (headers: Record<string, string>, { status = 200, streams = false } = {}) =>
  mayStore({ status, headers: new Headers(headers), streams })
const json = { "content-type": "application/json" }

test("mayStore() lets JSON, text and binary through, and nothing of which the type is not known", () => {
  const kept = ["application/json", "application/problem+json; charset=utf-8", "text/plain", "image/png"]
  for (const type of [...kept, "audio/wav", "application/octet-stream", "Application/JSON"]) {
    assert.equal(may({ "content-type": type }), true, type)
  }
  for (const type of ["", "json", "multipart/byteranges; boundary=x"]) {
    assert.equal(may({ "content-type": type }), false, type)
  }
  assert.equal(may({}), false)
})

test("mayStore() refuses every status but 200", () => {
  for (const status of [201, 202, 204, 206, 301, 304, 400, 404, 429, 500, 529]) {
    assert.equal(may(json, { status }), false, String(status))
  }
})

test("mayStore() lets event streams through only when told to", () => {
  const stream = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" }
  assert.deepEqual([may(stream), may(stream, { streams: true })], [false, true])
})

test("mayStore() obeys no-store and private; how long an answer is kept is the operator's decision", () => {
  const control = (value: string) => may({ ...json, "cache-control": value })
  const obeyed = [
    "no-store",
    "private",
    "private, No-Store",
    "max-age=0,no-store",
    "PRIVATE;max-age=60",
    'private="set-cookie"',
    'no-cache="x, y", private',
    "public no-store",
  ]
  for (const value of obeyed) assert.equal(control(value), false, value)
  for (
    const value of ["no-cache", "public, s-maxage=0", "max-age=0, must-revalidate", "x-no-store", "privately"]
  ) {
    assert.equal(control(value), true, value)
  }
})

test("mayStore() refuses what varies by everything, and a page", () => {
  assert.equal(may({ ...json, vary: "*" }), false)
  assert.equal(may({ ...json, vary: "Accept, *" }), false)
  assert.equal(may({ ...json, vary: "Accept-Language" }), true)
  for (const type of ["text/html", "Text/HTML; charset=utf-8", "application/xhtml+xml"]) {
    assert.equal(may({ "content-type": type }), false, type)
  }
})

test("mayAnswer() obeys a request's no-store, and ignores what streaming clients send by default", () => {
  const asked = (value: string) => mayAnswer(new Headers({ "cache-control": value }))
  for (const value of ["no-store", "No-Store, no-cache"]) assert.equal(asked(value), false, value)
  for (const value of ["no-cache", "max-age=0"]) assert.equal(asked(value), true, value)
  assert.equal(mayAnswer(new Headers()), true)
})

test("mayStore() refuses an encoded answer: another client may not accept the encoding", () => {
  assert.equal(may({ ...json, "content-encoding": "gzip" }), false)
})
