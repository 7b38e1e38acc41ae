import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { cacheKey, type CustomParts, type RequestParts, variantKey } from "../../lib/cache/cache-key.ts"

const request = (fields: ReadonlyArray<string>): RequestParts => {
  const [gateway = "", caller = "", method = "", provider = "", endpoint = "", query = "", body = ""] = fields
  return {
    kind: "request",
    gateway,
    caller,
    method,
    provider,
    endpoint,
    query,
    body: new TextEncoder().encode(body),
  }
}
const custom = (gateway: string, key: string, caller: string | undefined): CustomParts => ({
  kind: "custom",
  gateway,
  key,
  caller,
})

test("cacheKey() is the same for the same parts, in hex", async () => {
  const parts = request(["a/g", "c", "POST", "baseten", "/v1/x", "?q=1", "{}"])
  const key = await cacheKey(parts)
  assert.match(key, /^[0-9a-f]{64}$/)
  assert.equal(await cacheKey({ ...parts, body: parts.body.slice() }), key)
})

test("cacheKey() tells any two lists of fields apart, those with the same text in other places too", async () => {
  const field = fc.string({ maxLength: 3, unit: fc.constantFrom("a", "/", "\0", "\u0001") })
  const fields = fc.array(field, { minLength: 7, maxLength: 7 })
  await fc.assert(
    fc.asyncProperty(fields, fields, async (one, two) => {
      const keys = [await cacheKey(request(one)), await cacheKey(request(two))]
      assert.equal(keys[0] === keys[1], JSON.stringify(one) === JSON.stringify(two))
    }),
  )
  await fc.assert(
    fc.asyncProperty(fields, fc.nat(5), async (given, at) => {
      const moved = [...given]
      moved[at] = `${given[at]}${given[at + 1]}`
      moved[at + 1] = ""
      const same = given[at + 1] === ""
      assert.equal(await cacheKey(request(given)) === await cacheKey(request(moved)), same)
    }),
  )
})

test("cacheKey() of a custom key counts the gateway, the key, and the caller unless all share it", async () => {
  const key = await cacheKey(custom("a/g", "k", "c"))
  const others = [
    custom("a/h", "k", "c"),
    custom("a/g", "l", "c"),
    custom("a/g", "k", "d"),
    custom("a/g", "k", ""),
    custom("a/g", "kc", undefined),
    custom("a/g", "k", undefined),
    request(["a/g", "k", "c"]),
  ]
  const keys = await Promise.all([Promise.resolve(key), ...others.map(cacheKey)])
  assert.equal(new Set(keys).size, keys.length)
  assert.equal(await cacheKey(custom("a/g", "k", "c")), key)
})

test("variantKey() distinguishes variants by each value, and from the answer that they vary", async () => {
  const given = [["k", "a", "b"], ["k", "a"], ["k", "ab"], ["k", "", "ab"], ["l", "a", "b"], ["k"]] as const
  const keys = await Promise.all(given.map(([key, ...values]) => variantKey(key, values)))
  assert.equal(new Set([...keys, "k"]).size, given.length + 1)
  assert.equal(await variantKey("k", ["a", "b"]), keys[0])
})
