import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  arrayElements,
  parseBytes,
  removeMember,
  replaceValue,
  topLevelMembers,
} from "../../lib/request/json-members.ts"

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

test("arrayElements() finds every element of any JSON array, and its exact bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (array, indent) => {
      const text = JSON.stringify(array, null, indent)
      const bytes = bytesOf(` ${text}\n`)
      const found = arrayElements(bytes)?.map(({ start, end }) => parseBytes(bytes.subarray(start, end)))
      assert.deepEqual(found, JSON.parse(text))
    }),
  )
  const bytes = bytesOf('[ 1.10 , {"a": 12345678901234567890}]')
  const texts = arrayElements(bytes)?.map(({ start, end }) =>
    new TextDecoder().decode(bytes.slice(start, end))
  )
  assert.deepEqual(texts, ["1.10", '{"a": 12345678901234567890}'])
})

test("arrayElements() finds nothing in what is not one JSON array", () => {
  for (const text of ["", "{}", "1", "[", "[,]", "[1,]", "[1}", "[1]x", '["', "[1 2]"]) {
    assert.equal(arrayElements(bytesOf(text)), undefined, text)
  }
})

test("removeMember() leaves out one member of any object, and keeps the others", () => {
  const anyObject = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
  fc.assert(fc.property(anyObject, fc.nat(), fc.constantFrom(0, 2), (object, pick, indent) => {
    const bytes = bytesOf(JSON.stringify(object, null, indent))
    const entries = Object.entries(parseBytes(bytes) as object)
    const index = pick % entries.length
    const rest = parseBytes(removeMember(bytes, topLevelMembers(bytes) ?? [], index))
    assert.deepEqual(Object.entries(rest as object), entries.toSpliced(index, 1))
  }))
})
