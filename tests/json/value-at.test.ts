import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { valueAt } from "../../lib/json/value-at.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

test("valueAt() finds every value of any JSON, by names and indexes", () => {
  const walk = (root: Uint8Array, value: unknown, path: ReadonlyArray<string>): void => {
    if (path.length > 0) assert.deepEqual(valueAt(root, path), value)
    if (typeof value !== "object" || value === null) return
    for (const [name, inner] of Object.entries(value)) walk(root, inner, [...path, name])
  }
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(0, 2), (value, indent) => {
    const text = JSON.stringify(value, null, indent)
    walk(bytesOf(text), JSON.parse(text), [])
  }))
})

test("valueAt() gives the last of several, an array's length, every digit, and nothing of what is not there", () => {
  const body = bytesOf('{"a":1,"a":[1,{"b":9007199254740993}],"half":"\\ud83d","t":"text"}')
  assert.deepEqual(valueAt(body, ["a", "length"]), 2)
  assert.deepEqual(valueAt(body, ["a", "1", "b"]), "9007199254740993")
  assert.deepEqual(valueAt(body, ["half"]), "\ufffd")
  for (
    const path of [
      "a.2",
      "a.01",
      "a.-1",
      "a.length.x",
      "t.length",
      "t.0",
      "constructor",
      "__proto__",
      "b",
      "length",
    ]
  ) {
    assert.equal(valueAt(body, path.split(".")), undefined, path)
  }
  assert.equal(valueAt(new Uint8Array(), ["a"]), undefined)
})
