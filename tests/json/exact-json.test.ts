import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { parseExactly, strictJson } from "../../lib/json/exact-json.ts"

test("parseExactly() keeps every digit of a number, as a number where that holds it", () => {
  const numbers: ReadonlyArray<readonly [text: string, value: unknown]> = [
    ["42", 42],
    ["-7", -7],
    ["1.10", 1.1],
    ["0.1", 0.1],
    ["1e2", 100],
    ["1E+2", 100],
    ["0", 0],
    ["-0.0", -0],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992],
    ["9007199254740993", "9007199254740993"],
    ["-9007199254740993", "-9007199254740993"],
    ["12345678901234567890", "12345678901234567890"],
    ["10000000000000000000000", 1e22],
    ["0.12345678901234567890123", "0.12345678901234567890123"],
    ["1e400", "1e400"],
    ["-1e400", "-1e400"],
    ["1e-400", "1e-400"],
    ["100000000000000000000000000000000.0", 1e32],
  ]
  for (const [text, value] of numbers) {
    assert.deepEqual(parseExactly(text), value, text)
    assert.deepEqual(parseExactly(`{"a":[${text}, {"b":${text}}]}`), { a: [value, { b: value }] })
  }
})

test("parseExactly() tells any two integers apart, and agrees with JSON.parse where that is exact", () => {
  fc.assert(fc.property(fc.bigInt(), fc.bigInt(), (one, other) => {
    const [first, second] = [String(parseExactly(String(one))), String(parseExactly(String(other)))]
    assert.equal(BigInt(first) === BigInt(second), one === other)
    assert.equal(BigInt(first), one)
  }))
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value)
    assert.deepEqual(parseExactly(text), JSON.parse(text))
  }))
})

test("parseExactly() takes what JSON.parse takes, and nothing else", () => {
  const piece = fc.constantFrom(...'{}[],:"\\-+.0123456789eE ', "true", '"a"', "1e400", "9007199254740993")
  const takes = (parse: (text: string) => unknown, text: string): boolean => {
    try {
      parse(text)
      return true
    } catch {
      return false
    }
  }
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const text = pieces.join("")
      assert.equal(takes(parseExactly, text), takes(JSON.parse, text), text)
    }),
    { numRuns: 5000 },
  )
})

test("parseExactly() and strictJson() leave no half of a surrogate pair, in values and in keys", () => {
  const anyText = fc.string({ unit: "binary" })
  const halves = fc.array(fc.oneof(anyText, fc.constantFrom("\ud83d", "\udc00", "\\ud83d", "\\", '"'))).map((
    _,
  ) => _.join(""))
  fc.assert(fc.property(halves, halves, (key, value) => {
    const text = strictJson({ [`k${key}`]: [value] })
    const object = { [`k${key.toWellFormed()}`]: [value.toWellFormed()] }
    assert.deepEqual(JSON.parse(text), object)
    assert.deepEqual(parseExactly(JSON.stringify({ [`k${key}`]: [value] })), object)
  }))
})
