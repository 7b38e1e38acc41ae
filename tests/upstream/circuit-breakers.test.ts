import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { CircuitBreakers } from "../../lib/upstream/CircuitBreakers.ts"

const settings = { windowMs: 10_000, minimumCalls: 1, failureRate: 1, openMs: 5_000 }

const circuits = () => {
  const { enter } = Effect.runSync(
    CircuitBreakers.use(Effect.succeed).pipe(Effect.provide(CircuitBreakers.layerMemory)),
  )
  return {
    fail: (host: string, now = 0) => Result.map(enter(host, settings, now), ({ done }) => done(false, now)),
    stateOf: (host: string, now = 0) =>
      Result.match(enter(host, settings, now), {
        onSuccess: ({ state }) => state,
        onFailure: ({ reason, status, headers }) => [reason, status, headers?.["retry-after"]],
      }),
  }
}

test("CircuitBreakers.enter refuses a host that failed, says for how long, and then lets a probe pass", () => {
  const { fail, stateOf } = circuits()
  fail("a.test")
  assert.deepEqual(stateOf("a.test"), ["circuit_open", 503, "5"])
  assert.equal(stateOf("b.test"), "closed")
  assert.deepEqual(stateOf("a.test", 4001), ["circuit_open", 503, "1"])
  assert.equal(stateOf("a.test", 5000), "half_open")
  assert.deepEqual(stateOf("a.test", 5000), ["circuit_open", 503, "5"])
})

test("CircuitBreakers keeps the 1,000 hosts called last, refused calls included", () => {
  const { fail, stateOf } = circuits()
  fail("idle.test")
  fail("called.test")
  for (let host = 0; host < 999; host++) {
    stateOf(`${host}.test`)
    fail("called.test")
  }
  assert.deepEqual(stateOf("called.test"), ["circuit_open", 503, "5"])
  assert.equal(stateOf("idle.test"), "closed")
})

test("CircuitBreakers does not forget a host while there is room", () => {
  const { fail, stateOf } = circuits()
  fail("idle.test")
  for (let host = 0; host < 999; host++) stateOf(`${host}.test`)
  assert.deepEqual(stateOf("idle.test"), ["circuit_open", 503, "5"])
})
