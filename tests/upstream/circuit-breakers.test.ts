import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Layer from "effect/Layer"
import { guaranteesAmong } from "../../lib/store/guarantee.ts"
import { Store, storeInMemory, type StoreShape } from "../../lib/store/Store.ts"
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

/** Some instances that share a store; times are those of its clock. */
const instances = (count: number, change: Partial<StoreShape> = {}) => {
  let time = 1_000_000
  const clock = { now: () => time, wall: () => time }
  const store = { ...storeInMemory(clock), guarantees: guaranteesAmong("store"), ...change }
  const all = Array.from({ length: count }, () => {
    const breakers = Effect.runSync(
      CircuitBreakers.use(Effect.succeed).pipe(
        Effect.provide(CircuitBreakers.layer.pipe(Layer.provide(Layer.succeed(Store, store)))),
      ),
    )
    /** Begins a call; gives what ends it, or `undefined` if it is refused. */
    const begin = () => {
      void breakers.readHint("a.test", settings, time)
      const entered = breakers.enter("a.test", settings, time)
      if (Result.isFailure(entered)) return undefined
      return (ok: boolean): void => {
        if (entered.success.done(ok, time)) void breakers.shareHint("a.test", settings, time)
      }
    }
    const call = (ok: boolean): boolean => {
      const end = begin()
      end?.(ok)
      return end !== undefined
    }
    return { begin, call, breakers }
  })
  return { all, wait: (milliseconds: number) => time += milliseconds }
}

test("a circuit that opens in one instance opens in the others, until the same moment", () => {
  const { all: [one, other], wait } = instances(2)
  other?.call(true)
  wait(1_000)
  assert.ok(one?.call(false))
  assert.ok(!one?.call(true))
  wait(1_000)
  assert.ok(!other?.call(true))
  assert.deepEqual(other?.breakers.troubled(1_002_000), [{ host: "a.test", kind: "open", waits: 4_000 }])
  wait(4_000)
  assert.ok(one?.call(true))
  assert.ok(other?.call(true))
  assert.ok(one?.call(true) && other?.call(true))
})

test("an instance whose own call has succeeded since ignores the hint", () => {
  const { all: [broken, well], wait } = instances(2)
  well?.call(true)
  broken?.call(false)
  wait(500)
  assert.ok(well?.call(true), "it looks once a second")
  wait(600)
  assert.ok(well?.call(true))
})

test("the success of a running call closes a circuit that a hint opened, and hints are then ignored for a while", () => {
  const { all: [broken, well], wait } = instances(2)
  const underWay = well?.begin()
  wait(1_500)
  broken?.call(false)
  assert.equal(well?.call(true), false)
  underWay?.(true)
  assert.ok(well?.call(true))
  for (let round = 0; round < 10; round++) {
    wait(5_000)
    assert.ok(broken?.call(false))
    wait(1_500)
    assert.ok(well?.call(true), `round ${round}`)
  }
})

test("values that are no hints, or are from other clocks, change nothing; a store of one process is not read", () => {
  const said = [
    "",
    "x",
    "[1]",
    "[2,1]",
    '["1","2"]',
    "[1,2]",
    "[999999999999,9999999999999]",
    "[0,1000000]",
    "null",
  ]
  for (const text of said) {
    const { all: [one] } = instances(1, { get: () => new TextEncoder().encode(text) })
    assert.ok(one?.call(true), text)
  }
  const never = (): never => assert.fail("it is asked")
  const { all: [alone] } = instances(1, { guarantees: guaranteesAmong("process"), get: never, set: never })
  assert.ok(alone?.call(false))
  assert.ok(!alone?.call(false))
  const { all: [late] } = instances(1, { get: () => new Promise(() => {}) })
  assert.ok(late?.call(true), "nothing waits for the store")
})
