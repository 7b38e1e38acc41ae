import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { isoTime } from "../../lib/time/iso-time.ts"

test("isoTime() writes as a Date does", () => {
  const near = fc.integer({ min: -3_000, max: 3_000 })
  const far = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 })
  const moment = fc.oneof(near, far, near.map((at) => Date.UTC(2026, 10, 29) + at + 0.5))
  fc.assert(fc.property(fc.array(moment, { minLength: 1 }), (times) => {
    for (const time of times) assert.equal(isoTime(time), new Date(time).toISOString())
  }))
  assert.throws(() => isoTime(NaN), RangeError)
  assert.throws(() => isoTime(9e15), RangeError)
  assert.equal(isoTime(0), "1970-01-01T00:00:00.000Z")
})
