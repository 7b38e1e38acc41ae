import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { HeaderFields } from "../../lib/headers/header-fields.ts"

const usual = ["Content-Type", "authorization", "X-Stainless-Lang", "set-cookie", "Set-Cookie", "vary"]
const odd = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "0",
  "42",
  "-1",
  "!#$%&'*+.^`|~",
]
const name = fc.oneof(
  fc.constantFrom(...usual, ...odd),
  fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,12}$/),
)
const value = fc.oneof(
  fc.constantFrom("a", "a, b", "a; b=c", "ÿé", "%00", "0"),
  fc.stringMatching(/^[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]{0,12}[\x21-\x7e\x80-\xff]$/),
)
const change = fc.oneof(
  fc.tuple(fc.constantFrom("set", "append", "append", "append"), name, value),
  fc.tuple(fc.constant("delete"), name, value),
  fc.tuple(fc.constant("set"), name, fc.constant("")),
)

// An empty value is appended to nothing here: runtimes differ in when they strip the blank after its comma.
/** All that can be seen of fields, in one order. */
const seen = (headers: Headers | HeaderFields) => [...headers].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)

const assertSame = (fields: HeaderFields, headers: Headers, names: ReadonlyArray<string>): void => {
  assert.deepEqual(seen(fields), seen(headers))
  assert.deepEqual(fields.getSetCookie(), headers.getSetCookie())
  for (const name of names) {
    assert.equal(fields.get(name), headers.get(name), name)
    assert.equal(fields.has(name), headers.has(name), name)
  }
}

test("HeaderFields answers as the runtime's Headers, whatever is done to both", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), fc.array(change, { maxLength: 8 }), (before, after) => {
      const headers = new Headers()
      for (const [what, name, value] of before) headers[what as "set"](name, value)
      const given = HeaderFields.of(headers)
      const empty = new HeaderFields()
      for (const [what, name, value] of before) empty[what as "set"](name, value)
      const names = [...before, ...after].map(([, name]) => name).concat(usual, odd)
      assertSame(given, headers, names)
      assertSame(empty, headers, names)
      const copy = given.copy()
      for (const [what, name, value] of after) {
        given[what as "set"](name, value)
        headers[what as "set"](name, value)
      }
      assertSame(given, headers, names)
      assertSame(copy, new Headers(empty.toInit()), names)
    }),
    { numRuns: 3_000 },
  )
})

test("HeaderFields reads what a parser lists, and gives it back", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (list) => {
      const headers = new Headers()
      for (const [name, value] of list) headers.append(name, value)
      const names = [...list.map(([name]) => name), ...usual, ...odd]
      const raw = HeaderFields.ofRaw(list.flat())
      assertSame(raw, headers, names)
      assertSame(HeaderFields.ofRaw(raw.toRaw()), headers, names)
      assertSame(HeaderFields.from(list), headers, names)
      assertSame(HeaderFields.of(new Headers(raw.toInit())), headers, names)
      assertSame(raw, new Response(null, { headers: raw.toInit() }).headers, names)
    }),
    { numRuns: 2_000 },
  )
})

test("HeaderFields.filter() and some() see every name once, and leave the fields as they were", () => {
  const fields = HeaderFields.from([["a", "1"], ["B", "2"], ["Set-Cookie", "c=1"], ["set-cookie", "d=2"]])
  const names: Array<string> = []
  const kept = fields.filter((name) => names.push(name) > 0 && name !== "a")
  assert.deepEqual(names, ["a", "b", "set-cookie"])
  kept.set("set-cookie", "e")
  kept.delete("b")
  assert.deepEqual([...kept], [["set-cookie", "e"]])
  assert.deepEqual([...fields], [["a", "1"], ["b", "2"], ["set-cookie", "c=1"], ["set-cookie", "d=2"]])
  assert.equal(fields.some((name) => name === "set-cookie"), true)
  assert.equal(kept.some((name) => name === "b"), false)
})

test("HeaderFields parts cookies by semicolons", () => {
  // As Bun and Node do; Deno (2.9) parts them by commas, which no server reads.
  assert.equal(HeaderFields.ofRaw(["Cookie", "a=1", "cookie", "b=2"]).get("cookie"), "a=1; b=2")
})

test("HeaderFields remembers no more names than it must", () => {
  for (let index = 0; index < 2_000; index++) {
    assert.equal(HeaderFields.ofRaw([`X-${index}`, "v"]).get(`x-${index}`), "v")
  }
})
