import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CachedAnswer } from "../../lib/cache/cached-answer.ts"
import { ResponseCache } from "../../lib/cache/ResponseCache.ts"
import { Store } from "../../lib/store/Store.ts"

const answer: CachedAnswer = {
  status: 200,
  statusText: "OK",
  headers: [["content-type", "application/json"]],
  body: new Uint8Array([1, 2, 3]),
  storedAt: 5,
}

const at = (key: string, headers: Record<string, string> = {}) => ({ key, request: new Headers(headers) })

/** A store that notes what it is told to keep. */
const spied = () => {
  const values = new Map<string, Uint8Array<ArrayBuffer>>()
  const sets: Array<readonly [key: string, ttl: number]> = []
  const layer = Layer.mock(Store, {
    guarantee: "local",
    get: (key) => Effect.sync(() => values.get(key)),
    set: (key, value, ttl) =>
      Effect.sync(() => {
        values.set(key, value)
        sets.push([key, ttl])
      }),
  })
  return { values, sets, layer }
}

test("ResponseCache.lookup() finds what was kept, for as long as the store is told to", async () => {
  const { sets, layer } = spied()
  const found = await Effect.runPromise(
    Effect.gen(function* () {
      const cache = yield* ResponseCache
      assert.equal(yield* cache.lookup(at("k")), undefined)
      yield* cache.put(at("k"), answer, 60_000)
      return yield* cache.lookup(at("k"))
    }).pipe(Effect.provide(Layer.provide(ResponseCache.layer(), layer))),
  )
  assert.deepEqual(found && { ...found, body: [...found.body] }, { ...answer, body: [1, 2, 3] })
  assert.deepEqual(sets, [["cache:k", 60_000]])
})

test("ResponseCache.keep() leaves out a body over the limit", async () => {
  const { sets, layer } = spied()
  await Effect.runPromise(
    Effect.gen(function* () {
      const cache = yield* ResponseCache
      assert.equal(cache.limit, 3)
      yield* cache.put(at("fits"), answer, 1)
      yield* cache.put(at("over"), { ...answer, body: new Uint8Array(4) }, 1)
    }).pipe(Effect.provide(Layer.provide(ResponseCache.layer(3), layer))),
  )
  assert.deepEqual(sets.map(([key]) => key), ["cache:fits"])
})

test("ResponseCache.lookup() takes an entry that cannot be read for a miss", async () => {
  const { values, layer } = spied()
  values.set("cache:k", new Uint8Array([9, 9, 9]))
  const found = await Effect.runPromise(
    ResponseCache.use((cache) => cache.lookup(at("k"))).pipe(
      Effect.provide(Layer.provide(ResponseCache.layer(), layer)),
    ),
  )
  assert.equal(found, undefined)
})

test("ResponseCache keeps a variant for each request that an answer varies by", async () => {
  const { layer } = spied()
  const varying = (body: number, vary: string): CachedAnswer => ({
    ...answer,
    headers: [["content-type", "text/plain"], ["vary", vary]],
    body: new Uint8Array([body]),
  })
  const seen = await Effect.runPromise(
    Effect.gen(function* () {
      const cache = yield* ResponseCache
      const look = (headers: Record<string, string>) =>
        Effect.map(cache.lookup(at("k", headers)), (found) => found?.body[0])
      yield* cache.put(
        at("k", { "accept-language": "de", "x-other": "1" }),
        varying(1, "Accept-Language"),
        60_000,
      )
      yield* cache.put(at("k", { "accept-language": "fr" }), varying(2, "accept-language"), 60_000)
      yield* cache.put(at("l", { "accept-language": "fr" }), varying(3, "*"), 60_000)
      return [
        yield* look({ "accept-language": "de" }),
        yield* look({ "accept-language": "fr", "x-other": "2" }),
        yield* look({ "accept-language": "en" }),
        yield* look({}),
        (yield* cache.lookup(at("l", { "accept-language": "fr" })))?.body[0],
      ]
    }).pipe(Effect.provide(Layer.provide(ResponseCache.layer(), layer))),
  )
  assert.deepEqual(seen, [1, 2, undefined, undefined, undefined])
})
