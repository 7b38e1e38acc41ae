import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Store } from "../../lib/store/Store.ts"

const a = { gateway: "a/g", key: "a" }
const plus = (by: number, ttl = 1000) => [{ counter: a, by, ttl }]
const read = plus(0)

test("Store.layerMemory is built synchronously and answers at once", () => {
  const store = Effect.runSync(Store.use(Effect.succeed).pipe(Effect.provide(Store.layerMemory())))
  assert.deepEqual(store.add(plus(2)), [2])
  assert.equal(store.guarantee, "local")
})

test("Store.layerMemory goes by Effect's clock and the bounds it is given", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Store
      assert.deepEqual(store.add(plus(1)), [1])
      store.set("v", new Uint8Array([1]), 1000)
      yield* TestClock.adjust(999)
      assert.deepEqual(store.add(read), [1])
      assert.deepEqual(store.get("v"), new Uint8Array([1]))
      yield* TestClock.adjust(1)
      assert.deepEqual(store.add(read), [0])
      assert.equal(store.get("v"), undefined)
      store.set("large", new Uint8Array(100), 1000)
      assert.equal(store.get("large"), undefined)
    }).pipe(Effect.provide(Store.layerMemory({ maxBytes: 400 })), Effect.provide(TestClock.layer())),
  ))

test("Store.layerMemory lets go of values in time though the clock on the wall is set back; its counters last with that", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Store
      yield* TestClock.adjust("1 hour")
      store.add(plus(1))
      store.set("v", new Uint8Array([1]), 1000)
      yield* TestClock.setTime(0)
      yield* TestClock.adjust(1000)
      assert.equal(store.get("v"), undefined)
      assert.deepEqual(store.add(read), [1])
    }).pipe(Effect.provide(Store.layerMemory()), Effect.provide(TestClock.layer())),
  ))
