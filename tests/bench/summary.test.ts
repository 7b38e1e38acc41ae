import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { difference, median, quantile, ratio, summarise } from "./summary.ts"

test("a median is the value in the middle, or between the two there", () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test("quantiles rise with their share, from the least value to the greatest", () => {
  // Adding 0 makes a 0 of the negative one, which is no less than it and yet another value.
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((number) => number + 0)
  const values = fc.array(value, { minLength: 1 })
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(fc.property(values, share, share, (of, a, b) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)]
    assert.ok(quantile(of, low) <= quantile(of, high) + 1e-6)
    assert.equal(quantile(of, 0), Math.min(...of))
    assert.equal(quantile(of, 1), Math.max(...of))
  }))
})

test("a summary has the quartiles and the count", () => {
  assert.deepEqual(summarise([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4, count: 5 })
})

test("ratios and differences are taken round by round, not of the medians", () => {
  assert.equal(ratio([10, 30, 90], [10, 10, 10]).median, 3)
  // A machine that slows down between rounds slows both: each pair still says twice.
  assert.deepEqual(ratio([2, 20, 200], [1, 10, 100]), { median: 2, low: 2, high: 2, count: 3 })
  assert.deepEqual(difference([5, 7], [4, 6]), { median: 1, low: 1, high: 1, count: 2 })
})

test("a round that only one side has is left out", () => {
  assert.equal(ratio([2, 4], [1]).count, 1)
  assert.equal(ratio([2], [1, 1]).count, 1)
})
