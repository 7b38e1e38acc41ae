import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { usageMember } from "../../lib/usage/usage-member.ts"

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Values in which keys and strings that look like usage abound. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.constantFrom(0, 1.5, null, true, "usage", '"usage":{', '\\"', "\\", "{[", "}]"),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("usage", "a", 'a"', "\\", '"usage"'), tie("value"), { maxKeys: 4 }),
  ),
}))

test("usageMember() finds what JSON.parse() finds, at the root", () => {
  fc.assert(
    fc.property(value, fc.constantFrom(0, 1), (root, indent) => {
      const text = JSON.stringify(root, null, indent)
      const parsed: unknown = JSON.parse(text)
      const expected = isObject(parsed) && isObject(parsed["usage"]) ? parsed["usage"] : undefined
      const found = usageMember(text, 1, true)
      assert.deepEqual(found === undefined ? undefined : JSON.parse(found), expected)
    }),
    { numRuns: 500 },
  )
})

test("usageMember() needs no more of an object than the end that holds the member", () => {
  fc.assert(
    fc.property(value, value, fc.nat(), (before, after, cut) => {
      const member = '"usage":{"x":[1,"}"]}'
      const text = `{"a":${JSON.stringify(before)},${member},"b":${JSON.stringify(after)}}`
      const at = text.lastIndexOf(`,${member},"b":${JSON.stringify(after)}}`)
      assert.equal(usageMember(text.slice(cut % (at + 2)), 1, false), '{"x":[1,"}"]}')
    }),
    { numRuns: 500 },
  )
})

test("usageMember() goes as deep as it is told", () => {
  const text = '{"message":{"usage":{"a":1},"content":[{"usage":{"b":2}}]}}'
  assert.equal(usageMember(text, 2, true), '{"a":1}')
  assert.equal(usageMember(text, 1, true), undefined)
})
