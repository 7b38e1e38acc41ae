import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { entryTable, plainJson, wholeEntry } from "../../lib/commands/logs-output.ts"
import type { LogEntry } from "../../lib/request-log/entry.ts"
import { draftRecord } from "../support/draft-record.ts"

const entry: LogEntry = {
  ...draftRecord({
    time: new Date(2026, 10, 25, 14, 3, 22).toISOString(),
    request_id: "id",
    event_id: "id",
    method: "GET",
    path: "/nowhere",
    user_agent: null,
    request_content_type: null,
    scheme: "https",
  }),
  status: 404,
  error: "not_found",
  feedback: null,
  score: null,
}

test("entryTable() has a line an entry below the names of the columns, wide where it goes to a file", () => {
  const [header, line, ...more] = entryTable([entry])
  assert.match(header ?? "", /^time {11}gateway +model +tokens +cost first total ending$/)
  assert.match(line ?? "", /^11-25 14:03:22 - +GET \/nowhere +404 +- +- +- 0\.0ms complete, not_found$/)
  assert.deepEqual(more, [])
  const narrow = { width: 80, color: false, dated: true }
  assert.ok(entryTable([entry], narrow).every((line) => line.length <= 80))
})

test("wholeEntry() adds the bodies that were kept", () => {
  const request = { text: '{"model":"m"}', size: 13, complete: true }
  const whole = JSON.parse(wholeEntry(entry, { request, response: undefined })) as Record<string, unknown>
  assert.deepEqual(whole, { ...entry, request })
})

test("plainJson() means the same as JSON.stringify(), and holds nothing that a terminal obeys", () => {
  assert.equal(plainJson("a\x1b[m\x9b\u202e\u{e0001}é"), '"a\\u001b[m\\u009b\\u202e\\udb40\\udc01é"')
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const json = plainJson({ text })
    assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify({ text })))
    assert.doesNotMatch(json, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  }))
})
