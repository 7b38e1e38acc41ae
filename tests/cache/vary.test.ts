import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { decodeNames, encodeNames, sameVariant, variantOf, variedBy } from "../../lib/cache/vary.ts"

const names = (...vary: ReadonlyArray<string>) => variedBy(new Headers(vary.map((value) => ["vary", value])))

test("variedBy() reads names in any spelling, once each, in order", () => {
  assert.deepEqual(variedBy(new Headers()), [])
  assert.deepEqual(names("Accept-Language"), ["accept-language"])
  assert.deepEqual(names("X-B, x-a", "X-B,,"), ["x-a", "x-b"])
})

test("variedBy() finds no other request for `*`, alone or among names, nor for names without end", () => {
  for (const value of ["*", "x-a, *", "*,x-a"]) assert.equal(names(value), undefined, value)
  assert.equal(names(Array.from({ length: 33 }, (_, at) => `x-${at}`).join()), undefined)
})

test("variedBy() ignores headers that never differ between one caller's requests as forwarded", () => {
  assert.deepEqual(names("Origin, Accept-Encoding, Cookie, Authorization"), [])
})

const values = fc.option(fc.constantFrom("", "a", "=", "x-b", "=a"), { nil: undefined })
const requests = fc.record({ a: values, b: values }).map(({ a, b }) => {
  const headers = new Headers()
  if (a !== undefined) headers.set("x-a", a)
  if (b !== undefined) headers.set("x-b", b)
  return headers
})

test("variantOf() is equal for the requests that sameVariant() takes for the same, and for no others", () => {
  const both = ["x-a", "x-b"]
  fc.assert(fc.property(requests, requests, (one, other) => {
    const equal = JSON.stringify(variantOf(both, one)) === JSON.stringify(variantOf(both, other))
    assert.equal(equal, sameVariant(both, one, other))
  }))
})

test("decodeNames() gives back what encodeNames() was given, and reads no answer as names", () => {
  assert.deepEqual(decodeNames(encodeNames(["x-a", "x-b"])), ["x-a", "x-b"])
  assert.equal(decodeNames(new Uint8Array([1, 0, 0])), undefined)
  assert.equal(decodeNames(new Uint8Array(0)), undefined)
})
