import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import type { RateRule } from "../../lib/config/limit-rules.ts"
import type { LimitSubject } from "../../lib/limit/partition.ts"
import { type AdmissionRequest, makeLimits } from "../../lib/limit/Limits.ts"
import { quotaFields } from "../../lib/limit/ratelimit-fields.ts"
import { guaranteesAmong } from "../../lib/store/guarantee.ts"
import { storeInMemory, type StoreShape } from "../../lib/store/Store.ts"
import { virtualClock } from "../support/virtual-clock.ts"

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

const asked = (rules: ReadonlyArray<RateRule>): AdmissionRequest => ({
  rules,
  subject,
  budgets: [],
  expected: 0,
  worst: 0,
  lease: undefined,
  outage: "local",
})

/** Limits in virtual time, which starts at 0, over memory of their own. */
const limits = (later: (store: StoreShape) => StoreShape = (store) => store) => {
  const clock = virtualClock()
  const limit = makeLimits(later(storeInMemory(clock)), clock)
  const acquire = async (rules: ReadonlyArray<RateRule>, who: Partial<LimitSubject> = {}) =>
    await limit.acquire(rules, { ...subject, ...who }, "local")
  return {
    pass: clock.pass,
    acquire,
    /** A call that is admitted, and what charges its tokens. */
    admitted: async (rules: ReadonlyArray<RateRule>) => Result.getOrThrow(await limit.admit(asked(rules))),
    fields: async (rules: ReadonlyArray<RateRule>, who: Partial<LimitSubject> = {}) =>
      quotaFields(Result.getOrThrow(await acquire(rules, who))),
    refusal: async (rules: ReadonlyArray<RateRule>) => Result.getOrThrow(Result.flip(await acquire(rules))),
    /** Whether each of so many requests, one after the other, passes. */
    passes: async (rules: ReadonlyArray<RateRule>, times: number, who: Partial<LimitSubject> = {}) => {
      const results: Array<boolean> = []
      for (let index = 0; index < times; index++) results.push(Result.isSuccess(await acquire(rules, who)))
      return results
    },
  }
}

/** An atomic store that answers later, as one across a network does: calls overlap. */
const later = (store: StoreShape): StoreShape => ({
  ...store,
  take: async (takes) => {
    await Promise.resolve()
    const taken = await store.take(takes)
    await Promise.resolve()
    return taken
  },
})

for (const [name, store] of [["memory", undefined], ["a store that answers later", later]] as const) {
  test(`Limits.acquire lets exactly 100 of 10,000 at once through (${name})`, async () => {
    const { acquire } = limits(store)
    const rules = [rule({ limit: 100, technique: "sliding", per: ["key"] })]
    const results = await Promise.all(Array.from({ length: 10_000 }, () => acquire(rules)))
    assert.equal(results.filter(Result.isSuccess).length, 100)
  })
}

test("Limits.acquire answers synchronously where nothing has to be waited for", async () => {
  const { acquire, admit } = makeLimits(storeInMemory(virtualClock()), virtualClock())
  const [whole, perKey] = [[rule()], [
    rule({ limit: 9, per: ["key"] }),
    rule({ id: "t", unit: "tokens", per: ["key"] }),
  ]]
  assert.ok(!(acquire(whole, subject, "local") instanceof Promise))
  await acquire(perKey, subject, "local")
  assert.ok(!(acquire(perKey, subject, "local") instanceof Promise), "its digest is remembered")
  const admitted = admit(asked(perKey))
  assert.ok(!(admitted instanceof Promise))
  assert.equal(Result.getOrThrow(admitted).settle(1, 0), undefined)
})

test("Limits.acquire asks the store once, for all rules and buckets", async () => {
  const trips: Array<number> = []
  const { acquire } = limits((store) => ({
    ...store,
    take: (takes) => {
      trips.push(takes.length)
      return store.take(takes)
    },
  }))
  const rules = [rule({ technique: "sliding" }), rule({ id: "key", per: ["key"] })]
  for (let index = 0; index < 3; index++) await acquire(rules)
  assert.deepEqual(trips, [2, 2, 2])
})

test("Limits.acquire: a fixed window rolls over on the clock, whenever its first request came", async () => {
  const { pass, passes } = limits()
  pass(50_000)
  assert.deepEqual(await passes([rule()], 3), [true, true, false])
  pass(9_999)
  assert.deepEqual(await passes([rule()], 1), [false])
  pass(1)
  assert.deepEqual(await passes([rule()], 3), [true, true, false])
})

test("Limits.acquire: a sliding window lets through what the previous one frees", async () => {
  const { pass, passes } = limits()
  const rules = [rule({ limit: 4, technique: "sliding" })]
  assert.deepEqual(await passes(rules, 5), [true, true, true, true, false])
  pass(60_000)
  assert.deepEqual(await passes(rules, 1), [false])
  pass(15_000)
  assert.deepEqual(await passes(rules, 2), [true, false])
  pass(15_000)
  assert.deepEqual(await passes(rules, 2), [true, false])
})

test("Limits.acquire takes from all rules or from none, whichever of them refuses", async () => {
  const { pass, passes } = limits()
  const [wide, narrow] = [rule({ id: "wide", limit: 3 }), rule({ id: "narrow", limit: 1 })]
  for (const rules of [[wide, narrow], [narrow, wide]]) {
    pass(60_000)
    assert.deepEqual(await passes(rules, 5), [true, false, false, false, false])
    assert.deepEqual(await passes([wide], 3), [true, true, false])
  }
})

test("Limits.acquire gives the state of every rule that applies: RateLimit-Policy and RateLimit", async () => {
  const { pass, fields } = limits()
  pass(10_000)
  const rules = [
    rule({ limit: 100 }),
    rule({ id: "tokens", limit: 5_000, interval: 3600, unit: "tokens" }),
    rule({ id: "user", per: ["metadata.user"] }),
  ]
  assert.deepEqual(await fields(rules), {
    "ratelimit-policy": '"gateway";q=100;w=60;basegate-guarantee=local, ' +
      '"tokens";q=5000;qu="tokens";w=3600;basegate-guarantee=local',
    ratelimit: '"gateway";r=99;t=50, "tokens";r=5000;t=3590',
  })
  assert.deepEqual(await fields([]), {})
})

test("Limits.acquire refuses with 429, 2003, and a Retry-After for all rules that refuse", async () => {
  const { pass, acquire, refusal } = limits()
  pass(12_500)
  const rules = [
    rule({ limit: 1 }),
    rule({ id: "hour", limit: 1, interval: 3600 }),
    rule({ id: "wide", limit: 9 }),
  ]
  await acquire(rules)
  const error = await refusal(rules)
  assert.deepEqual([error.status, error.code, error.title], [429, 2003, "Rate limited"])
  assert.match(error.detail, /"gateway" of 1 requests per 60 s/)
  assert.equal(error.headers?.["retry-after"], "3588")
  assert.equal(error.headers?.["ratelimit"], '"gateway";r=0;t=48, "hour";r=0;t=3588')
  assert.match(error.headers?.["ratelimit-policy"] ?? "", /"gateway".*"hour".*"wide"/)
  pass(3_588_000)
  assert.ok(Result.isSuccess(await acquire(rules)))
})

test("Limits.acquire: Retry-After of a sliding window is when one more fits", async () => {
  const { pass, passes, refusal } = limits()
  const rules = [rule({ technique: "sliding" })]
  await passes(rules, 2)
  assert.equal((await refusal(rules)).headers?.["retry-after"], "90")
  pass(89_000)
  assert.deepEqual(await passes(rules, 1), [false])
  pass(1000)
  assert.deepEqual(await passes(rules, 1), [true])
})

test("Limits.acquire counts per gateway, key, model and metadata value, and by no mixture of them", async () => {
  const { passes } = limits()
  const rules = [rule({ limit: 1, per: ["key", "model", "metadata.a", "metadata.b"] })]
  const who = { key: "k", model: "m", metadata: { a: "x", b: "y,metadata.b,z" } }
  const others: ReadonlyArray<Partial<LimitSubject>> = [
    { ...who, gateway: "a/h" },
    { ...who, key: "k2" },
    { ...who, model: "m2" },
    { ...who, metadata: { a: "x,metadata.b,y", b: "z" } },
  ]
  assert.deepEqual(await passes(rules, 2, who), [true, false])
  for (const other of others) assert.deepEqual(await passes(rules, 2, other), [true, false])
  const asNumber = { ...who, metadata: { a: 1, b: true } }
  const asText = { ...who, metadata: { a: "1", b: "true" } }
  assert.deepEqual([await passes(rules, 1, asNumber), await passes(rules, 1, asText)], [[true], [false]])
})

test("Limits.acquire: a rule per model holds for requests that name none, as if that were a model", async () => {
  const { passes } = limits()
  const rules = [rule({ limit: 1, per: ["model"] })]
  assert.deepEqual(await passes(rules, 2, { model: undefined }), [true, false])
  assert.deepEqual(await passes(rules, 1, { model: "m" }), [true])
})

test("Limits.acquire: a rule per metadata does not apply to requests without any", async () => {
  const { passes, fields } = limits()
  for (const per of [["metadata.user"], ["metadata.constructor"], ["key", "metadata.user"]]) {
    const rules = [rule({ limit: 1, per })]
    assert.deepEqual(await passes(rules, 2, { model: undefined }), [true, true])
    assert.deepEqual(await fields(rules, { model: undefined }), {})
  }
})

test("Limits.admit: a call's tokens are charged once, and a token rule refuses once it is used up", async () => {
  const { pass, passes, fields, refusal, admitted } = limits()
  const rules = [rule({ limit: 10 }), rule({ id: "tokens", limit: 1000, unit: "tokens" })]
  const [one, other] = [await admitted(rules), await admitted(rules)]
  await one.settle(999, 0)
  await one.settle(999, 0)
  assert.equal((await fields(rules))["ratelimit"], '"gateway";r=7;t=60, "tokens";r=1;t=60')
  await other.settle(500, 0)
  assert.match((await refusal(rules)).detail, /"tokens" of 1000 tokens per 60 s/)
  assert.match((await fields(rules.slice(0, 1)))["ratelimit"] ?? "", /r=6/, "the request is given back")
  pass(60_000)
  assert.deepEqual(await passes(rules, 1), [true])
})

test("Limits' names in the store hold nothing that a caller chose, and their length is bounded", async () => {
  const keys: Array<string> = []
  const unused = () => assert.fail("unused")
  const spy: StoreShape = {
    guarantees: guaranteesAmong("store"),
    now: unused,
    take: (takes) => {
      const uses = takes.map(({ counted: { count: { name } }, by }) => {
        keys.push(name)
        return { previous: 0, current: by, held: 0 }
      })
      return { passed: true, now: 1e12, uses }
    },
    charge: unused,
    settle: unused,
    peek: unused,
    get: unused,
    set: unused,
    once: unused,
  }
  const per = ["key", "model", "metadata.user"]
  const clock = virtualClock()
  clock.pass(1e12)
  const { acquire } = makeLimits(spy, clock)
  const quota = await acquire([rule({ limit: 100, per, technique: "sliding" })], {
    ...subject,
    key: "fingerprint",
    model: "m".repeat(10_000),
    metadata: { user: "me@example.com" },
  }, "local")
  assert.equal(keys.length, 1)
  for (const key of keys) assert.match(key, /^[0-9a-f]{64}$/)
  const fields = quotaFields(Result.getOrThrow(quota))
  assert.match(fields["ratelimit-policy"] ?? "", /basegate-guarantee=global$/)
})

test("Limits.acquire: a day's limit says so, and begins anew at midnight in its time zone", async () => {
  const { pass, passes, refusal } = limits()
  const { interval: _, ...others } = rule()
  const rules = [{ ...others, window: "day", time_zone: "America/New_York" } as const]
  pass(Date.parse("2026-11-01T03:59:00Z"))
  assert.deepEqual(await passes(rules, 3), [true, true, false])
  pass(60_000)
  assert.deepEqual(await passes(rules, 3), [true, true, false])
  const { detail, headers } = await refusal(rules)
  assert.equal(
    detail,
    'The limit "gateway" of 2 requests per day in America/New_York is used up. Try again in 90000 s.',
  )
  assert.match(headers?.["ratelimit-policy"] ?? "", /^"gateway";q=2;w=90000;/)
})
