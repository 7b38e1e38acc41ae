import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type JsonMember, parseBytes, topLevelMembers } from "../../lib/json/members.ts"
import { scanMembers } from "../../lib/json/member-scan.ts"

const encoder = new TextEncoder()
const keys = ["model", "stream"]

const anyKey = fc.oneof(
  fc.constantFrom(
    '"model"',
    '"stream"',
    '"mode\\u006c"',
    '"\\u006d\\u006f\\u0064\\u0065\\u006c"',
    '"Model"',
    '"a\\"b"',
  ),
  fc.string().map((text) => JSON.stringify(text)),
)
const anyValue = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '"a/b"',
    '"\\\\"',
    '"\\\\\\""',
    "true",
    "1e5",
    "[[{}]]",
    '{"model":"inner"}',
    '"}"',
    "",
    "]",
    '"open',
  ),
)
const space = fc.constantFrom("", " ", "\n\t", "\r ")
const anyMember = fc.tuple(space, anyKey, space, fc.constantFrom(":", ":", ":", ""), space, anyValue, space)
const anyObject = fc.tuple(
  fc.constantFrom("", "", "\ufeff", " ", "x", " \ufeff"),
  fc.array(anyMember.map((parts) => parts.join("")), { maxLength: 5 }).map((members) =>
    `{${members.join(",")}}`
  ),
  fc.constantFrom("", "", " ", "}", "{}", ",", "\ufeff"),
).map((parts) => parts.join(""))

test("scanMembers() sees what topLevelMembers() sees, wherever chunks split", () => {
  fc.assert(
    fc.property(anyObject, fc.array(fc.nat({ max: 9 }), { maxLength: 40 }), (text, sizes) => {
      const bytes = encoder.encode(text)
      const scan = scanMembers(keys)
      let at = 0
      for (const size of sizes) scan.push(bytes.subarray(at, at += size))
      scan.push(bytes.subarray(at))
      const members = topLevelMembers(bytes)
      assert.equal(scan.isObject(), members !== undefined)
      if (members === undefined) return
      for (const key of keys) {
        const all: ReadonlyArray<JsonMember> = members.filter((member) => member.key === key)
        assert.equal(scan.times(key), all.length)
        const last = all.at(-1)
        assert.deepEqual(scan.valueOf(key), last && parseBytes(bytes.subarray(last.start, last.end)))
      }
    }),
    { numRuns: 3000 },
  )
})

test("scanMembers() tells a member as soon as its value has ended", () => {
  const scan = scanMembers(keys)
  scan.push(encoder.encode('{"messages":[{"model":"x"}],"model":"a/b'))
  assert.deepEqual([scan.times("model"), scan.valueOf("model")], [1, undefined])
  scan.push(encoder.encode('"'))
  assert.deepEqual([scan.valueOf("model"), scan.isObject(), scan.hasFailed()], ["a/b", false, false])
  scan.push(encoder.encode(',"model":2'))
  assert.equal(scan.times("model"), 2)
})

test("scanMembers() gives up on what is no object, and on a value that is too long", () => {
  const scan = scanMembers(keys)
  scan.push(encoder.encode('[{"model":"a"}]'))
  assert.ok(scan.hasFailed())
  const long = scanMembers(keys)
  long.push(encoder.encode(`{"model":"${"m".repeat(200_000)}"}`))
  assert.deepEqual([long.isObject(), long.times("model"), long.valueOf("model")], [true, 1, undefined])
})
