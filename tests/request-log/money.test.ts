import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { dollarsOfSum, picoOf } from "../../lib/request-log/money.ts"
import { decimalUnits, picoPlaces } from "../../lib/pricing/price.ts"

test("a cost is as many picodollars as its digits say", () => {
  const pico = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n })
  fc.assert(fc.property(pico, (pico) => {
    const cost = Number(pico) / 1e12
    assert.equal(picoOf(cost), pico)
    assert.equal(picoOf(cost), decimalUnits(cost, picoPlaces))
  }))
  assert.equal(picoOf(1e300), 10n ** 27n, "no more than there is")
})

test("a sum is the number next to what its digits say, however many costs it has", () => {
  let sum = 0n
  for (let index = 0; index < 10_000; index++) sum += picoOf(0.1 + index * 1e-9)
  assert.equal(dollarsOfSum(sum), 1000.049995)
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (pico) => {
    const digits = String(pico).padStart(13, "0")
    assert.equal(dollarsOfSum(pico), Number(`${digits.slice(0, -12)}.${digits.slice(-12)}`))
  }))
})
