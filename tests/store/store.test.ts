import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Store } from "../../lib/store/Store.ts"

const a = { gateway: "a/g", key: "a" }

test("Store.layerMemory is built and used synchronously", () => {
  const sum = Effect.runSync(
    Store.use((store) => store.add(a, 2, 10)).pipe(
      Effect.provide(Store.layerMemory()),
    ),
  )
  assert.equal(sum, 2)
  assert.equal(
    Effect.runSync(Store.useSync((_) => _.guarantee).pipe(Effect.provide(Store.layerMemory()))),
    "local",
  )
})

test("Store.layerMemory goes by Effect's clock and the bounds it is given", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Store
      yield* store.add(a, 1, 1000)
      yield* store.set("v", new Uint8Array([1]), 1000)
      yield* TestClock.adjust(999)
      assert.equal(yield* store.count(a), 1)
      assert.deepEqual(yield* store.get("v"), new Uint8Array([1]))
      yield* TestClock.adjust(1)
      assert.equal(yield* store.count(a), 0)
      assert.equal(yield* store.get("v"), undefined)
      yield* store.set("large", new Uint8Array(100), 1000)
      assert.equal(yield* store.get("large"), undefined)
    }).pipe(Effect.provide(Store.layerMemory({ maxBytes: 400 })), Effect.provide(TestClock.layer())),
  ))

test("Store.layerMemory lets go of values in time though the clock on the wall is set back; its counters last with that", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Store
      yield* TestClock.adjust("1 hour")
      yield* store.add(a, 1, 1000)
      yield* store.set("v", new Uint8Array([1]), 1000)
      yield* TestClock.setTime(0)
      yield* TestClock.adjust(1000)
      assert.equal(yield* store.get("v"), undefined)
      assert.equal(yield* store.count(a), 1)
    }).pipe(Effect.provide(Store.layerMemory()), Effect.provide(TestClock.layer())),
  ))
