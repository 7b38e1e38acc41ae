import assert from "node:assert/strict"
import { test } from "node:test"
import { mayStore } from "../../lib/cache/may-store.ts"

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

test("mayStore() obeys no-store, and the operator's wish before no-cache and private", () => {
  const control = (value: string) => may({ ...json, "cache-control": value })
  for (const value of ["no-store", "private, No-Store", "max-age=0,no-store"]) {
    assert.equal(control(value), false, value)
  }
  for (const value of ["no-cache", "private", "max-age=0, must-revalidate", "x-no-store"]) {
    assert.equal(control(value), true, value)
  }
})

test("mayStore() refuses a coded answer: another client may not have asked for the coding", () => {
  assert.equal(may({ ...json, "content-encoding": "gzip" }), false)
})
