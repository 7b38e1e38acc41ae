import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CachedAnswer } from "../../lib/cache/cached-answer.ts"
import { ResponseCache } from "../../lib/cache/ResponseCache.ts"
import { Store, storeInMemory } from "../../lib/store/Store.ts"

const answer: CachedAnswer = {
  status: 200,
  statusText: "OK",
  headers: [["content-type", "application/json"]],
  body: new Uint8Array([1, 2, 3]),
  storedAt: 5,
}

const at = (key: string, headers: Record<string, string> = {}) => ({ key, request: new Headers(headers) })

/** A cache over a store that notes what it is told to keep. */
const spied = (limit?: number) => {
  const values = new Map<string, Uint8Array<ArrayBuffer>>()
  const sets: Array<readonly [key: string, ttl: number]> = []
  const store = Layer.succeed(Store, {
    ...storeInMemory({ now: () => 0, wall: () => 0 }),
    get: (key) => values.get(key),
    set: (key, value, ttl) => {
      values.set(key, value)
      sets.push([key, ttl])
    },
  })
  const cache = Effect.runSync(
    ResponseCache.use(Effect.succeed).pipe(Effect.provide(Layer.provide(ResponseCache.layer(limit), store))),
  )
  return { values, sets, cache }
}

test("ResponseCache.lookup() finds what was kept, for its time to live", async () => {
  const { sets, cache } = spied()
  assert.equal(await cache.lookup(at("k")), undefined)
  await cache.put(at("k"), answer, 60_000)
  const found = await cache.lookup(at("k"))
  assert.deepEqual(found && { ...found, body: [...found.body] }, { ...answer, body: [1, 2, 3] })
  assert.deepEqual(sets, [["cache:k", 60_000]])
})

test("ResponseCache.put() leaves out a body over the limit", async () => {
  const { sets, cache } = spied(3)
  assert.equal(cache.limit, 3)
  await cache.put(at("fits"), answer, 1)
  await cache.put(at("over"), { ...answer, body: new Uint8Array(4) }, 1)
  assert.deepEqual(sets.map(([key]) => key), ["cache:fits"])
})

test("ResponseCache.lookup() treats an unreadable entry as a miss", async () => {
  const { values, cache } = spied()
  values.set("cache:k", new Uint8Array([9, 9, 9]))
  assert.equal(await cache.lookup(at("k")), undefined)
})

test("ResponseCache keeps a variant for each request that an answer varies by", async () => {
  const { cache } = spied()
  const varying = (body: number, vary: string): CachedAnswer => ({
    ...answer,
    headers: [["content-type", "text/plain"], ["vary", vary]],
    body: new Uint8Array([body]),
  })
  const look = async (headers: Record<string, string>, key = "k") =>
    (await cache.lookup(at(key, headers)))?.body[0]
  await cache.put(
    at("k", { "accept-language": "de", "x-other": "1" }),
    varying(1, "Accept-Language"),
    60_000,
  )
  await cache.put(at("k", { "accept-language": "fr" }), varying(2, "accept-language"), 60_000)
  await cache.put(at("l", { "accept-language": "fr" }), varying(3, "*"), 60_000)
  const seen = [
    await look({ "accept-language": "de" }),
    await look({ "accept-language": "fr", "x-other": "2" }),
    await look({ "accept-language": "en" }),
    await look({}),
    await look({ "accept-language": "fr" }, "l"),
  ]
  assert.deepEqual(seen, [1, 2, undefined, undefined, undefined])
})
