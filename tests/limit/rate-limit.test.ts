import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import type { RateRule } from "../../lib/config/limit-rules.ts"
import type { LimitSubject } from "../../lib/limit/partition.ts"
import { RateLimit } from "../../lib/limit/RateLimit.ts"
import { Store } from "../../lib/store/Store.ts"

const limits = RateLimit.layer.pipe(Layer.provide(Store.layerMemory()))

/** Runs in virtual time, which starts at 0, with memory of its own. */
const withLimits = <A, E>(effect: Effect.Effect<A, E, RateLimit>): Promise<A> =>
  Effect.runPromise(effect.pipe(Effect.provide(limits), Effect.provide(TestClock.layer())))

const rule = (change: Partial<RateRule> = {}): RateRule => ({
  id: "gateway",
  limit: 2,
  interval: 60,
  technique: "fixed",
  unit: "requests",
  per: [],
  ...change,
})
const subject: LimitSubject = { gateway: "a/g", key: "k1", model: "m", metadata: {} }

/** Whether each of so many requests, one after the other, passes. */
const passes = (rules: ReadonlyArray<RateRule>, times: number, who: Partial<LimitSubject> = {}) =>
  Effect.gen(function* () {
    const limit = yield* RateLimit
    const results: Array<boolean> = []
    for (let index = 0; index < times; index++) {
      results.push(
        yield* limit.take(rules, { ...subject, ...who }).pipe(
          Effect.match({ onSuccess: () => true, onFailure: () => false }),
        ),
      )
    }
    return results
  })

/** An atomic store that answers later, as one across a network does: calls overlap. */
const layerLater = Layer.effect(
  Store,
  Effect.map(Store, (store) => {
    const later = <A>(effect: Effect.Effect<A>) =>
      Effect.yieldNow.pipe(Effect.andThen(effect), Effect.tap(() => Effect.yieldNow))
    return Store.of({
      ...store,
      add: (counter, by, ttl) => later(store.add(counter, by, ttl)),
      count: (counter) => later(store.count(counter)),
    })
  }),
).pipe(Layer.provide(Store.layerMemory()))

const stores = { "memory": Store.layerMemory(), "a store that answers later": layerLater }
for (const [name, store] of Object.entries(stores)) {
  test(`RateLimit.take lets exactly 100 of 10,000 at once through (${name})`, async () => {
    const rules = [rule({ limit: 100, technique: "sliding", per: ["key"] })]
    const take = Effect.option(RateLimit.use((limit) => limit.take(rules, subject)))
    const results = await Effect.runPromise(
      Effect.forEach(Array.from({ length: 10_000 }), () => take, { concurrency: "unbounded" }).pipe(
        Effect.provide(RateLimit.layer.pipe(Layer.provide(store))),
        Effect.provide(TestClock.layer()),
      ),
    )
    assert.equal(results.filter((result) => result._tag === "Some").length, 100)
  })
}

test("RateLimit.take: a fixed window rolls over on the clock, whenever its first request came", () =>
  withLimits(Effect.gen(function* () {
    yield* TestClock.adjust("50 seconds")
    assert.deepEqual(yield* passes([rule()], 3), [true, true, false])
    yield* TestClock.adjust(9_999)
    assert.deepEqual(yield* passes([rule()], 1), [false])
    yield* TestClock.adjust(1)
    assert.deepEqual(yield* passes([rule()], 3), [true, true, false])
  })))

test("RateLimit.take: a sliding window lets through what the previous one frees", () =>
  withLimits(Effect.gen(function* () {
    const rules = [rule({ limit: 4, technique: "sliding" })]
    assert.deepEqual(yield* passes(rules, 5), [true, true, true, true, false])
    yield* TestClock.adjust("60 seconds")
    assert.deepEqual(yield* passes(rules, 1), [false])
    yield* TestClock.adjust("15 seconds")
    assert.deepEqual(yield* passes(rules, 2), [true, false])
    yield* TestClock.adjust("15 seconds")
    assert.deepEqual(yield* passes(rules, 2), [true, false])
  })))

test("RateLimit.take takes from all rules or from none, whichever of them refuses", () =>
  withLimits(Effect.gen(function* () {
    const [wide, narrow] = [rule({ id: "wide", limit: 3 }), rule({ id: "narrow", limit: 1 })]
    for (const rules of [[wide, narrow], [narrow, wide]]) {
      yield* TestClock.adjust("60 seconds")
      assert.deepEqual(yield* passes(rules, 5), [true, false, false, false, false])
      assert.deepEqual(yield* passes([wide], 3), [true, true, false])
    }
  })))

test("RateLimit.take gives RateLimit-Policy and RateLimit for every rule that applies", () =>
  withLimits(Effect.gen(function* () {
    yield* TestClock.adjust("10 seconds")
    const rules = [
      rule({ limit: 100 }),
      rule({ id: "tokens", limit: 5_000, interval: 3600, unit: "tokens" }),
      rule({ id: "user", per: ["metadata.user"] }),
    ]
    assert.deepEqual(yield* (yield* RateLimit).take(rules, subject), {
      "ratelimit-policy": '"gateway";q=100;w=60;basegate-guarantee=local, ' +
        '"tokens";q=5000;qu="tokens";w=3600;basegate-guarantee=local',
      ratelimit: '"gateway";r=99;t=50, "tokens";r=5000;t=3590',
    })
    assert.deepEqual(yield* (yield* RateLimit).take([], subject), {})
  })))

test("RateLimit.take refuses with 429, 2003, and a Retry-After for all rules that refuse", () =>
  withLimits(Effect.gen(function* () {
    yield* TestClock.adjust(12_500)
    const rules = [
      rule({ limit: 1 }),
      rule({ id: "hour", limit: 1, interval: 3600 }),
      rule({ id: "wide", limit: 9 }),
    ]
    const { take } = yield* RateLimit
    yield* take(rules, subject)
    const error = yield* Effect.flip(take(rules, subject))
    assert.deepEqual([error.status, error.code, error.title], [429, 2003, "Rate limited"])
    assert.match(error.detail, /"gateway" of 1 requests per 60 s/)
    assert.equal(error.headers?.["retry-after"], "3588")
    assert.equal(error.headers?.["ratelimit"], '"gateway";r=0;t=48, "hour";r=0;t=3588')
    assert.match(error.headers?.["ratelimit-policy"] ?? "", /"gateway".*"hour".*"wide"/)
    yield* TestClock.adjust(3_588_000)
    yield* take(rules, subject)
  })))

test("RateLimit.take: Retry-After of a sliding window is when one more fits", () =>
  withLimits(Effect.gen(function* () {
    const rules = [rule({ technique: "sliding" })]
    const { take } = yield* RateLimit
    yield* passes(rules, 2)
    const error = yield* Effect.flip(take(rules, subject))
    assert.equal(error.headers?.["retry-after"], "90")
    yield* TestClock.adjust("89 seconds")
    yield* Effect.flip(take(rules, subject))
    yield* TestClock.adjust("1 second")
    yield* take(rules, subject)
  })))

test("RateLimit.take counts per gateway, key, model and metadata value, and by no mixture of them", () =>
  withLimits(Effect.gen(function* () {
    const rules = [rule({ limit: 1, per: ["key", "model", "metadata.a", "metadata.b"] })]
    const who = { key: "k", model: "m", metadata: { a: "x", b: "y,metadata.b,z" } }
    const others: ReadonlyArray<Partial<LimitSubject>> = [
      { ...who, gateway: "a/h" },
      { ...who, key: "k2" },
      { ...who, model: "m2" },
      { ...who, metadata: { a: "x,metadata.b,y", b: "z" } },
    ]
    assert.deepEqual(yield* passes(rules, 2, who), [true, false])
    for (const other of others) assert.deepEqual(yield* passes(rules, 2, other), [true, false])
    const asNumber = { ...who, metadata: { a: 1, b: true } }
    const asText = { ...who, metadata: { a: "1", b: "true" } }
    assert.deepEqual([yield* passes(rules, 1, asNumber), yield* passes(rules, 1, asText)], [[true], [false]])
  })))

test("RateLimit.take: a rule per model holds for requests that name none, as if that were a model", () =>
  withLimits(Effect.gen(function* () {
    const rules = [rule({ limit: 1, per: ["model"] })]
    assert.deepEqual(yield* passes(rules, 2, { model: undefined }), [true, false])
    assert.deepEqual(yield* passes(rules, 1, { model: "m" }), [true])
  })))

test("RateLimit.take: a rule per metadata leaves requests alone that have none", () =>
  withLimits(Effect.gen(function* () {
    for (const per of [["metadata.user"], ["metadata.constructor"], ["key", "metadata.user"]]) {
      const rules = [rule({ limit: 1, per })]
      assert.deepEqual(yield* passes(rules, 2, { model: undefined }), [true, true])
      assert.deepEqual(yield* (yield* RateLimit).take(rules, { ...subject, model: undefined }), {})
    }
  })))

test("RateLimit.settlement books tokens, and a token rule refuses once it is used up", () =>
  withLimits(Effect.gen(function* () {
    const rules = [rule({ limit: 10 }), rule({ id: "tokens", limit: 1000, unit: "tokens" })]
    const { take, settlement } = yield* RateLimit
    assert.deepEqual(yield* passes(rules, 2), [true, true])
    const settle = yield* settlement(rules, subject)
    yield* settle(999)
    assert.equal((yield* take(rules, subject))["ratelimit"], '"gateway";r=7;t=60, "tokens";r=1;t=60')
    yield* settle(500)
    const error = yield* Effect.flip(take(rules, subject))
    assert.match(error.detail, /"tokens" of 1000 tokens per 60 s/)
    assert.match(
      (yield* take(rules.slice(0, 1), subject))["ratelimit"] ?? "",
      /r=6/,
      "the request is given back",
    )
    yield* TestClock.adjust("60 seconds")
    assert.deepEqual(yield* passes(rules, 1), [true])
  })))

test("RateLimit's keys in the store hold nothing that a caller chose, and their length is bounded", async () => {
  const keys: Array<string> = []
  const spy = Layer.succeed(
    Store,
    Store.of({
      guarantee: "global",
      add: ({ key }) => Effect.sync(() => keys.push(key)),
      count: ({ key }) => Effect.sync(() => keys.push(key) * 0),
      get: () => Effect.die("unused"),
      set: () => Effect.die("unused"),
    }),
  )
  const per = ["key", "model", "metadata.user"]
  const rules = [rule({ limit: 100, per, technique: "sliding" })]
  const headers = await Effect.runPromise(
    RateLimit.use((limit) =>
      limit.take(rules, {
        ...subject,
        key: "fingerprint",
        model: "m".repeat(10_000),
        metadata: { user: "me@example.com" },
      })
    ).pipe(Effect.provide(RateLimit.layer.pipe(Layer.provide(spy)))),
  )
  assert.equal(keys.length, 2)
  for (const key of keys) assert.match(key, /^[0-9a-f]{64}:\d+$/)
  assert.match(headers["ratelimit-policy"] ?? "", /basegate-guarantee=global$/)
})
