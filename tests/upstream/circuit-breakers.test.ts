import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { CircuitBreakers } from "../../lib/upstream/CircuitBreakers.ts"

const settings = { windowMs: 10_000, minimumCalls: 1, failureRate: 1, openMs: 5_000 }

const virtual = <A, E>(effect: Effect.Effect<A, E, CircuitBreakers>): Promise<A> =>
  Effect.runPromise(
    effect.pipe(Effect.provide(CircuitBreakers.layerMemory), Effect.provide(TestClock.layer())),
  )

const fail = (host: string) =>
  CircuitBreakers.use((circuits) => Effect.map(circuits.enter(host, settings), ({ done }) => done(false)))
const stateOf = (host: string) =>
  CircuitBreakers.use((circuits) =>
    circuits.enter(host, settings).pipe(Effect.match({
      onSuccess: ({ state }) => state,
      onFailure: ({ reason, status, headers }) => [reason, status, headers?.["retry-after"]],
    }))
  )

test("Circuits.enter refuses a host that failed, says for how long, and then lets a probe pass", async () => {
  const seen = await virtual(Effect.gen(function* () {
    yield* fail("a.test")
    const refused = yield* stateOf("a.test")
    const other = yield* stateOf("b.test")
    yield* TestClock.adjust("4001 millis")
    const later = yield* stateOf("a.test")
    yield* TestClock.adjust("999 millis")
    return [refused, other, later, yield* stateOf("a.test"), yield* stateOf("a.test")]
  }))
  assert.deepEqual(seen, [
    ["circuit_open", 503, "5"],
    "closed",
    ["circuit_open", 503, "1"],
    "half_open",
    ["circuit_open", 503, "5"],
  ])
})

test("Circuits keeps the 1,000 hosts called last, refused calls included", async () => {
  const seen = await virtual(Effect.gen(function* () {
    yield* fail("idle.test")
    yield* fail("called.test")
    for (let host = 0; host < 999; host++) {
      yield* stateOf(`${host}.test`)
      yield* Effect.ignore(fail("called.test"))
    }
    return [yield* stateOf("called.test"), yield* stateOf("idle.test")]
  }))
  assert.deepEqual(seen, [["circuit_open", 503, "5"], "closed"])
})

test("Circuits does not forget a host while there is room", async () => {
  const seen = await virtual(Effect.gen(function* () {
    yield* fail("idle.test")
    for (let host = 0; host < 999; host++) yield* stateOf(`${host}.test`)
    return yield* stateOf("idle.test")
  }))
  assert.deepEqual(seen, ["circuit_open", 503, "5"])
})
