import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Taken } from "../../lib/store/counted.ts"
import { Store, type StoreShape } from "../../lib/store/Store.ts"
import { periodsOf } from "../../lib/store/windows.ts"

const counted = {
  count: { gateway: "a/g", name: "a", overflow: undefined, spend: undefined },
  window: { limit: 10, technique: "fixed", periods: periodsOf(1, "UTC") },
} as const
const one = [{ counted, by: 1, holds: 0, ahead: 0 }]
const read = ({ peek }: StoreShape): number | undefined => (peek([counted]) as Taken).uses[0]?.current

test("Store.layerMemory is built synchronously and answers at once", () => {
  const store = Effect.runSync(Store.use(Effect.succeed).pipe(Effect.provide(Store.layerMemory())))
  assert.deepEqual((store.take(one) as Taken).uses, [{ previous: 0, current: 1, held: 0 }])
  assert.deepEqual(store.guarantees.rates, { among: "process", holds: "exact" })
})

test("Store.layerMemory uses Effect's clock and the given bounds", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Store
      store.take(one)
      store.set("v", new Uint8Array([1]), 1000)
      yield* TestClock.adjust(999)
      assert.equal(read(store), 1)
      assert.deepEqual(store.get("v"), new Uint8Array([1]))
      yield* TestClock.adjust(1)
      assert.equal(read(store), 0)
      assert.equal(store.get("v"), undefined)
      store.set("large", new Uint8Array(100), 1000)
      assert.equal(store.get("large"), undefined)
    }).pipe(Effect.provide(Store.layerMemory({ maxBytes: 400 })), Effect.provide(TestClock.layer())),
  ))

test("Store.layerMemory drops values in time even if the wall clock is set back; its counts then last longer", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Store
      yield* TestClock.adjust("1 hour")
      store.take(one)
      store.set("v", new Uint8Array([1]), 1000)
      yield* TestClock.setTime(3_600_000 - 1)
      yield* TestClock.adjust(1000)
      assert.equal(store.get("v"), undefined)
      yield* TestClock.setTime(3_600_000)
      assert.equal(read(store), 1)
    }).pipe(Effect.provide(Store.layerMemory()), Effect.provide(TestClock.layer())),
  ))
