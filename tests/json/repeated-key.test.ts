import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { repeatedKey } from "../../lib/json/repeated-key.ts"

test("repeatedKey() finds a member that is there twice, at any depth, however it is escaped", () => {
  for (
    const [text, key] of [
      ['{"a":1,"a":1}', "a"],
      ['{"a":1, "b": [{"c":{}, "\\u0063" \n : 2}]}', "c"],
      ['[{"a":1},{"":1,"":2}]', ""],
      ['{"__proto__":1,"__proto__":2}', "__proto__"],
      ['{"\\"}":1,"\\"}":2}', '"}'],
      // Which halves of pairs they are is lost when they are parsed.
      ['{"\\ud83d":1,"\\ud83e":2}', "\ufffd"],
    ] as const
  ) {
    const found = repeatedKey(text)
    assert.equal(found?.key, key, text)
    assert.equal(text[found?.start ?? -1], '"', text)
  }
})

test("repeatedKey() finds none in what JSON.stringify() writes, nor where other objects, or values, say the same", () => {
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(0, 2), (value, indent) => {
    const wellFormed = JSON.stringify(value, null, indent)
    if (!/\\ud[89a-f]/i.test(wellFormed)) assert.equal(repeatedKey(wellFormed), undefined)
  }))
  assert.equal(repeatedKey('{"a":{"a":"a"},"b":[{"a":1},{"a":1},"a","a"]}'), undefined)
})

test("repeatedKey() takes linear time", () => {
  const began = performance.now()
  repeatedKey(
    `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)},"b"${" ".repeat(500_000)}:"${
      "\\\\".repeat(200_000)
    }"}`,
  )
  repeatedKey(`["a"${" ".repeat(300_000)},${`"a" ,`.repeat(50_000)}1]`)
  assert.ok(performance.now() - began < 1000)
})
