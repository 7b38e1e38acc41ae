import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { deepestJson, findSyntaxError } from "../../lib/json/syntax-error.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test("jsonFault() agrees with JSON.parse on any JSON, and on any that was damaged", () => {
  const piece = fc.constantFrom(
    ...'{}[],:"\\ue0-+.1\t\n x/',
    "null",
    "true",
    "1e5",
    '"a"',
    "\\u00e9",
    "\x01",
    "\ufeff",
    "é",
  )
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.nat(2), piece, (json, place, cut, put) => {
      assert.equal(findSyntaxError(bytesOf(json)), undefined, json)
      const at = place % (json.length + 1)
      const damaged = json.slice(0, at) + put + json.slice(at + cut)
      assert.equal(findSyntaxError(bytesOf(damaged)) === undefined, isJson(damaged), damaged)
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("")
      assert.equal(findSyntaxError(bytesOf(text)) === undefined, isJson(text), text)
    }),
    { numRuns: 5000 },
  )
})

test("jsonFault() says where it breaks, and what was expected there", () => {
  const cases: ReadonlyArray<readonly [text: string, at: number, expected: RegExp]> = [
    ["", 0, /a value/],
    ['{"a":1', 6, /a comma or \}/],
    ['{"a":1,}', 7, /a key/],
    ["[1 2]", 3, /a comma or \]/],
    ["[1,]", 3, /a value/],
    ["{a:1}", 1, /a key/],
    ['{"a" 1}', 5, /a colon/],
    ["[01]", 2, /a comma or \]/],
    ["nul", 3, /a value/],
    ['"a', 2, /a value/],
    ["1 1", 2, /nothing more/],
  ]
  for (const [text, at, expected] of cases) {
    const fault = findSyntaxError(bytesOf(text))
    assert.equal(fault?.at, at, text)
    assert.match(fault.expected, expected)
  }
})

test("jsonFault() takes JSON of a bounded depth, whatever its brackets", () => {
  for (const [open, close] of [["[", "]"], ['{"a":', "}"], ['[{"a":', "}]"]] as const) {
    const levels = open.length > 5 ? deepestJson / 2 : deepestJson
    const nested = (times: number) => bytesOf(`${open.repeat(times)}1${close.repeat(times)}`)
    assert.equal(findSyntaxError(nested(levels)), undefined)
    assert.equal(findSyntaxError(nested(levels + 1))?.tooDeep, true)
    assert.equal(findSyntaxError(bytesOf(open.repeat(1_000_000)))?.tooDeep, true)
  }
})
