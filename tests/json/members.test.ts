import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { removeMember, replaceValue } from "../../lib/json/edits.ts"
import { arrayElements, membersNamed, parseBytes, topLevelMembers } from "../../lib/json/members.ts"

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

test("topLevelMembers() makes no more members than the limit, plus one that shows that there are more", () => {
  const bytes = bytesOf('{"a":1,"b":2,"c":3,"d":4}')
  assert.deepEqual(topLevelMembers(bytes, 2)?.map(({ key }) => key), ["a", "b", "c"])
  assert.equal(topLevelMembers(bytesOf('{"a":1,"b":2,"c":3,"d":4'), 2), undefined)
})

test("membersNamed() finds members by their keys, however those are written, among any others", () => {
  const escaped = (key: string) =>
    [...key].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)
  const spelling = fc.constantFrom('"model"', `"${escaped("model").join("")}"`, '"mod\\u0065l"')
  const other = fc.tuple(fc.string().map((key) => JSON.stringify(key)), fc.json())
  const wanted = fc.tuple(spelling, fc.nat().map(String))
  fc.assert(fc.property(fc.array(fc.oneof(other, wanted)), (members) => {
    const bytes = bytesOf(`{${members.map(([key, value]) => `${key}:${value}`).join(" ,")} }`)
    const found = membersNamed(bytes, ["stream", "model"])
    const values = members.filter(([key]) => JSON.parse(key) === "model").map(([, value]) => value)
    const model = found?.named.get("model")
    const text = (range = { start: 0, end: 0 }) =>
      new TextDecoder().decode(bytes.subarray(range.start, range.end))
    assert.equal(model?.times ?? 0, values.length)
    assert.deepEqual([text(model?.first), text(model?.last)], [values[0] ?? "", values.at(-1) ?? ""])
    const end = bytes.length - 2
    assert.equal(found?.end, members.length === 0 ? undefined : end)
  }))
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
      const { first = [], count } = arrayElements(bytes, 3) ?? {}
      const found = first.map(({ start, end }) => parseBytes(bytes.subarray(start, end)))
      const all = JSON.parse(text) as ReadonlyArray<unknown>
      assert.deepEqual([found, count], [all.slice(0, 3), all.length])
    }),
  )
  const bytes = bytesOf('[ 1.10 , {"a": 12345678901234567890}]')
  const texts = arrayElements(bytes, 2)?.first.map(({ start, end }) =>
    new TextDecoder().decode(bytes.slice(start, end))
  )
  assert.deepEqual(texts, ["1.10", '{"a": 12345678901234567890}'])
})

test("arrayElements() finds nothing in what is not one JSON array", () => {
  for (const text of ["", "{}", "1", "[", "[,]", "[1,]", "[1}", "[1]x", '["', "[1 2]"]) {
    assert.equal(arrayElements(bytesOf(text), 1), undefined, text)
  }
})

test("removeMember() leaves out one member of any object, and keeps the others", () => {
  const anyObject = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
  fc.assert(fc.property(anyObject, fc.nat(), fc.constantFrom(0, 2), (object, pick, indent) => {
    const bytes = bytesOf(JSON.stringify(object, null, indent))
    const entries = Object.entries(parseBytes(bytes) as object)
    const index = pick % entries.length
    const member = topLevelMembers(bytes)?.[index]
    assert.ok(member)
    const rest = parseBytes(removeMember(bytes, member))
    assert.deepEqual(Object.entries(rest as object), entries.toSpliced(index, 1))
  }))
})
