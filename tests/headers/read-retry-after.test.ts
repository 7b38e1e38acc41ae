import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { retryAfterOfBody, retryAfterOfHeaders } from "../../lib/headers/read-retry-after.ts"

const now = Date.UTC(2026, 9, 5, 12, 0, 0)
const after = (value: string) => retryAfterOfHeaders(new Headers({ "retry-after": value }), now)
const afterMs = (value: string) => retryAfterOfHeaders(new Headers({ "retry-after-ms": value }), now)

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
const names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** The three forms of RFC 9110 §5.6.7. */
const httpDates = (date: Date): ReadonlyArray<string> => {
  const day = String(date.getUTCDate())
  const month = months[date.getUTCMonth()] ?? ""
  const year = String(date.getUTCFullYear())
  const time = date.toISOString().slice(11, 19)
  return [
    date.toUTCString(),
    `${names[date.getUTCDay()]}, ${day.padStart(2, "0")}-${month}-${year.slice(2)} ${time} GMT`,
    `${days[date.getUTCDay()]} ${month} ${day.padStart(2, " ")} ${time} ${year}`,
  ]
}

test("headerWish() reads seconds and milliseconds, whole and with a fraction", () => {
  assert.deepEqual(["0", "7", "1.5", "007"].map(after), [0, 7_000, 1_500, 7_000])
  assert.deepEqual(["0", "250", "0.5"].map(afterMs), [0, 250, 0.5])
})

test("headerWish() prefers retry-after-ms, unless it is garbage", () => {
  const both = (ms: string) =>
    retryAfterOfHeaders(new Headers({ "retry-after": "2", "retry-after-ms": ms }), now)
  assert.deepEqual([both("1500"), both("soon")], [1_500, 2_000])
})

test("headerWish() reads all three forms of a date, whatever the local time zone", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => {
    for (const value of httpDates(new Date(now + seconds * 1_000))) {
      assert.equal(after(value), seconds * 1_000, value)
    }
  }))
})

test("headerWish() takes a past date for 0", () => {
  for (const value of httpDates(new Date(now - 1_000))) assert.equal(after(value), 0, value)
})

test("headerWish() finds nothing in garbage", () => {
  const garbage = [
    "",
    "-1",
    "+1",
    "1e3",
    "0x10",
    "1.",
    ".5",
    "1,2",
    "1 s",
    "NaN",
    "Infinity",
    "soon",
    "Oct 5",
    "2026-10-05T12:00:00Z",
    "Mon, 05 Xyz 2026 12:00:00 GMT",
    "Mon, 05 Oct 2026 12:00:00 PST",
    "Mon, 05 Oct 2026 99:00:00 GMT",
  ]
  for (const value of garbage) assert.deepEqual([after(value), afterMs(value)], [undefined, undefined], value)
  assert.equal(retryAfterOfHeaders(new Headers(), now), undefined)
})

test("headerWish() is never negative, and never NaN", () => {
  const values = fc.oneof(
    fc.stringMatching(/^[\d.,:+eE -]{0,20}$/),
    fc.stringMatching(/^[ -~]{0,40}$/),
    fc.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/),
  )
  fc.assert(fc.property(values, values, (seconds, milliseconds) => {
    const headers = new Headers({ "retry-after": seconds, "retry-after-ms": milliseconds })
    const wish = retryAfterOfHeaders(headers, now)
    assert.ok(wish === undefined || wish >= 0, `${wish}`)
  }))
})

test("bodyWish() reads retry_after at the top and within error, as a number and as a numeric string", () => {
  const seconds = fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => Math.round(value * 8) / 8)
  fc.assert(fc.property(seconds, (value) => {
    for (const written of [value, String(value)]) {
      assert.equal(retryAfterOfBody(JSON.stringify({ message: "m", retry_after: written })), value * 1_000)
      assert.equal(
        retryAfterOfBody(JSON.stringify({ error: { code: 429, retry_after: written } })),
        value * 1_000,
      )
    }
  }))
  assert.equal(retryAfterOfBody('{"error":{"retry_after":2},"retry_after":1}'), 1_000)
  assert.equal(retryAfterOfBody('{"error":{"retry_after":2},"retry_after":null}'), 2_000)
})

test("bodyWish() finds nothing in garbage, and never throws", () => {
  for (
    const text of [
      "",
      "{",
      "null",
      "[1]",
      '"x"',
      '{"retry_after":-1}',
      '{"retry_after":"soon"}',
      '{"error":1}',
    ]
  ) {
    assert.equal(retryAfterOfBody(text), undefined, text)
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    const wish = retryAfterOfBody(text)
    assert.ok(wish === undefined || wish >= 0)
  }))
})
