import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { parseBytes, replaceValue, topLevelMembers } from "../../lib/request/json-members.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

test("topLevelMembers() finds every member of any JSON object, and its exact bytes", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (object, indent) => {
      const text = JSON.stringify(object, null, indent)
      const bytes = bytesOf(text)
      const members = topLevelMembers(bytes)
      assert.ok(members !== undefined)
      const found = members.map(({ key, start, end }) => [key, parseBytes(bytes.subarray(start, end))])
      assert.deepEqual(found, Object.entries(JSON.parse(text) as object))
    }),
  )
})

test("topLevelMembers() keeps duplicates and decodes escaped keys", () => {
  const members = topLevelMembers(bytesOf(String.raw`{"model":1,"mod\u0065l":2}`))
  assert.deepEqual(members?.map(({ key }) => key), ["model", "model"])
})

test("topLevelMembers() finds nothing in what is not one JSON object", () => {
  for (const text of ["", "[]", "1", "{", '{"a"}', '{"a":}', '{"a":1,}', '{"a":1}x', '{"a":"', "{a:1}"]) {
    assert.equal(topLevelMembers(bytesOf(text)), undefined, text)
  }
})

test("replaceValue() changes one value and no other byte", () => {
  const text = '{ "a": 12345678901234567890.10, "model" : "x/y" , "z": "\\u00e9" }'
  const bytes = bytesOf(text)
  const member = topLevelMembers(bytes)?.find(({ key }) => key === "model")
  assert.ok(member)
  assert.equal(new TextDecoder().decode(replaceValue(bytes, member, "y")), text.replace('"x/y"', '"y"'))
})
