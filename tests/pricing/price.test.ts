import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { costOf, decimalUnits, dollarsOf, picoCostOf, priceOf } from "../../lib/pricing/price.ts"

const atto = (dollars: string) => decimalUnits(dollars, 18)
const flash = priceOf(atto("0.0000003"), atto("0.000000007"), atto("0.0000012"))
const usage = { input: 80, output: 12, cachedInput: 64, reasoning: 3 }
const none = { input: undefined, output: undefined, cachedInput: undefined, reasoning: undefined }

test("decimalUnits() reads any decimal exactly, with or without an exponent", () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 10n ** 30n),
      fc.nat(18),
      fc.integer({ min: -9, max: 9 }),
      (units, places, e) => {
        const digits = units.toString().padStart(places + 1, "0")
        const point = digits.length - places
        const text = `${digits.slice(0, point)}.${digits.slice(point)}`
        assert.equal(decimalUnits(text, places), units)
        assert.equal(decimalUnits(`${text}e${e}`, places - e), units)
      },
    ),
  )
})

test("decimalUnits() reads a number as the decimal that it is written as", () => {
  assert.equal(decimalUnits(1e-7, 18), 100_000_000_000n)
  assert.equal(decimalUnits(0.1, 18), 100_000_000_000_000_000n)
  assert.equal(decimalUnits(1e21, 0), 10n ** 21n)
  assert.equal(decimalUnits(0, 18), 0n)
})

test("decimalUnits() rounds half up what has more places", () => {
  assert.deepEqual(["0.14", "0.15", "0.05", "0.0499"].map((text) => decimalUnits(text, 1)), [1n, 2n, 1n, 0n])
})

test("decimalUnits() reads nothing else", () => {
  const others = ["", ".", "e1", "-1", "+1", "1,5", "0x1", " 1", "1e9999", "1".repeat(101), "NaN", "free"]
  for (const other of [...others, -1, NaN, Infinity, null, undefined, {}, 1n]) {
    assert.equal(decimalUnits(other, 18), undefined, String(other))
  }
})

test("picoCostOf() is the sum over tokens, to half a picodollar", () => {
  const tokens = fc.nat(2_000_000)
  const price = fc.bigInt(0n, 10n ** 14n)
  fc.assert(
    fc.property(tokens, tokens, tokens, price, price, price, (fresh, cached, output, ...prices) => {
      const [input, cachedInput, written] = prices
      const counts = { input: fresh + cached, output, cachedInput: cached, reasoning: undefined }
      const exact = BigInt(fresh) * input + BigInt(cached) * cachedInput + BigInt(output) * written
      const pico = picoCostOf(counts, priceOf(input, cachedInput, written))
      assert.ok(pico !== undefined)
      const off = pico * 1_000_000n - exact
      assert.ok(off > -500_000n && off <= 500_000n)
    }),
  )
})

test("costOf() is what picoCostOf() says, whichever way it is reckoned", () => {
  const tokens = fc.option(fc.nat({ max: 2 ** 40 }), { nil: undefined })
  const units = fc.option(
    fc.tuple(fc.bigInt(0n, 10n ** 8n), fc.constantFrom(1n, 1_000_000n, 10n ** 9n)).map(([count, of]) =>
      count * of
    ),
    { nil: undefined },
  )
  let byNumbers = 0
  fc.assert(
    fc.property(tokens, tokens, tokens, units, units, units, (input, cachedInput, output, ...prices) => {
      const price = priceOf(...prices)
      const usage = { input, cachedInput, output, reasoning: undefined }
      const pico = picoCostOf(usage, price)
      assert.equal(costOf(usage, price), pico === undefined ? undefined : dollarsOf(pico))
      if (price.pico !== undefined && pico !== undefined) byNumbers++
    }),
    { numRuns: 1000 },
  )
  assert.ok(byNumbers > 20, `${byNumbers} by numbers`)
})

test("costOf() shows a cost to 12 places", () => {
  assert.equal(costOf(usage, flash), 0.000019648)
  fc.assert(fc.property(fc.bigInt(0n, 2n ** 53n), (pico) => {
    const digits = pico.toString().padStart(13, "0")
    assert.equal(dollarsOf(pico), Number(`${digits.slice(0, -12)}.${digits.slice(-12)}`))
  }))
})

test("picoCostOf() adds up without drift", () => {
  const one = picoCostOf({ ...none, input: 1 }, flash) ?? 0n
  let sum = 0n
  for (let call = 0; call < 1_000_000; call++) sum += one
  assert.equal(dollarsOf(sum), 0.3)
})

test("picoCostOf() charges the input price for cached tokens where they have none of their own", () => {
  assert.equal(
    picoCostOf(usage, priceOf(flash.input, undefined, flash.output)),
    80n * 300_000n + 12n * 1_200_000n,
  )
})

test("picoCostOf() takes no more tokens for cached than were read", () => {
  assert.equal(picoCostOf({ ...none, input: 10, cachedInput: 64 }, flash), 70_000n)
})

test("costOf() is not known, rather than 0, without a price or a count", () => {
  assert.equal(costOf(usage, undefined), undefined)
  assert.equal(costOf(undefined, flash), undefined)
  assert.equal(costOf({ ...none, cachedInput: 3 }, flash), undefined)
  assert.equal(costOf(usage, priceOf(flash.input, flash.cachedInput, undefined)), undefined)
  assert.equal(costOf(usage, priceOf(undefined, flash.cachedInput, flash.output)), undefined)
  assert.equal(costOf({ ...none, input: 10 }, priceOf(flash.input, flash.cachedInput, undefined)), 0.000003)
  assert.equal(costOf({ ...none, input: 0, output: 0 }, flash), 0)
})
