import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import type { SpendRule } from "../../lib/config/limit-rules.ts"
import type { SpendSubject } from "../../lib/limit/partition.ts"
import { SpendLimit } from "../../lib/limit/SpendLimit.ts"
import { Store } from "../../lib/store/Store.ts"

const layer = SpendLimit.layer.pipe(Layer.provideMerge(Store.layerMemory()))

/** Runs in virtual time, which starts at 0, with memory of its own. */
const withLimits = <A, E>(effect: Effect.Effect<A, E, SpendLimit | Store>): Promise<A> =>
  Effect.runPromise(effect.pipe(Effect.provide(layer), Effect.provide(TestClock.layer())))

const rule = (change: Partial<SpendRule> = {}): SpendRule => ({
  id: "budget",
  limit: 1.5,
  limitType: "cost",
  window: 3600,
  technique: "fixed",
  enabled: true,
  ...change,
})
const only = (change: Partial<SpendRule> = {}) => ({ enabled: true, rules: [rule(change)] })
const subject: SpendSubject = { gateway: "a/g", key: "k", model: "a/m", provider: "baseten", metadata: {} }

/** Books the cost of a request that has ended. */
const book = (limits: Parameters<SpendLimit["Service"]["check"]>[0], spender: SpendSubject, cost: number) =>
  Effect.flatMap(
    SpendLimit,
    ({ enter }) => Effect.flatMap(enter(limits, spender, 0), ({ book }) => book(cost)),
  )

/** Whether a request may go on after another cost 2 USD. */
const passesAfter = (
  limits: Parameters<SpendLimit["Service"]["check"]>[0],
  spender: SpendSubject,
  asker: SpendSubject,
) =>
  withLimits(Effect.gen(function* () {
    const { check } = yield* SpendLimit
    yield* book(limits, spender, 2)
    return (yield* Effect.exit(check(limits, asker)))._tag === "Success"
  }))

test("SpendLimit.check refuses in Cloudflare's words once the budget is spent, until the window ends", () =>
  withLimits(Effect.gen(function* () {
    const { check } = yield* SpendLimit
    const limits = only()
    yield* TestClock.adjust("10 minutes")
    yield* check(limits, subject)
    yield* book(limits, subject, 1.499_999_999)
    yield* check(limits, subject)
    yield* book(limits, subject, 0.000_000_001)
    const error = yield* Effect.flip(check(limits, subject))
    assert.deepEqual([error.status, error.code], [429, 2041])
    assert.equal(
      error.detail,
      "Spend limit exceeded: rule 'budget' (cost limit 1.5 per 3600s, fixed) for baseten a/m",
    )
    assert.equal(error.message, error.detail)
    assert.deepEqual(error.headers, {
      "retry-after": "3000",
      "ratelimit-policy": '"budget";q=1500000;qu="micro-usd";w=3600;basegate-guarantee=local',
      ratelimit: '"budget";r=0;t=3000',
    })
    yield* TestClock.adjust("50 minutes")
    yield* check(limits, subject)
  })))

test("SpendLimit.check: a sliding window frees what the previous one spent bit by bit", () =>
  withLimits(Effect.gen(function* () {
    const { check } = yield* SpendLimit
    const limits = only({ technique: "sliding" })
    yield* book(limits, subject, 3)
    const error = yield* Effect.flip(check(limits, subject))
    assert.equal(error.headers?.["retry-after"], "5401")
    yield* TestClock.adjust("5400 seconds")
    yield* Effect.flip(check(limits, subject))
    yield* TestClock.adjust("1 second")
    yield* check(limits, subject)
  })))

test("SpendLimit.enter: a call that is booked adds small costs without drift, and leaves out what is no amount", () =>
  withLimits(Effect.gen(function* () {
    const { check } = yield* SpendLimit
    const limits = only({ limit: 0.001 })
    for (let index = 0; index < 9_999; index++) yield* book(limits, subject, 0.000_000_1)
    for (const cost of [NaN, -1, 0, Infinity]) yield* book(limits, subject, cost)
    yield* check(limits, subject)
    yield* book(limits, subject, 0.000_000_1)
    yield* Effect.flip(check(limits, subject))
  })))

test("SpendLimit: disabled rules, and rules that are off together, do nothing", async () => {
  assert.equal(await passesAfter(only(), subject, subject), false)
  assert.equal(await passesAfter(only({ enabled: false }), subject, subject), true)
  assert.equal(await passesAfter({ ...only(), enabled: false }, subject, subject), true)
})

test("SpendLimit: a filter lets a rule count and refuse only the values that it lists", async () => {
  const filter = (...values: [string, ...Array<string>]) => ({ mode: "filter", values }) as const
  const other: SpendSubject = { ...subject, model: "other", provider: "custom-x", metadata: { tier: "paid" } }
  const mine: SpendSubject = { ...subject, metadata: { tier: "free" } }
  const filters: ReadonlyArray<Partial<SpendRule>> = [
    { model: filter("b/n", "a/m") },
    { provider: filter("baseten") },
    { metadata: { tier: filter("free") } },
    { metadata: { tier: filter("free") }, model: filter("a/m") },
  ]
  for (const change of filters) {
    const what = JSON.stringify(change)
    assert.equal(await passesAfter(only(change), mine, mine), false, what)
    assert.equal(await passesAfter(only(change), mine, other), true, what)
    assert.equal(await passesAfter(only(change), other, mine), true, what)
  }
  const without: SpendSubject = { ...subject, model: undefined }
  assert.equal(await passesAfter(only({ model: filter("a/m") }), subject, without), true)
})

test("SpendLimit: a partition gives each value its own budget", async () => {
  const other: SpendSubject = { ...subject, model: "other", provider: "custom-x", metadata: { user: "b" } }
  const mine: SpendSubject = { ...subject, metadata: { user: "a" } }
  const partition = { mode: "partition" } as const
  const partitions: ReadonlyArray<Partial<SpendRule>> = [
    { model: partition },
    { provider: partition },
    { metadata: { user: partition } },
  ]
  for (const change of partitions) {
    const what = JSON.stringify(change)
    assert.equal(await passesAfter(only(change), mine, mine), false, what)
    assert.equal(await passesAfter(only(change), mine, other), true, what)
  }
  assert.equal(await passesAfter(only(), mine, other), false, "one budget without a partition")
  assert.equal(await passesAfter(only(), mine, { ...mine, gateway: "a/h" }), true, "another gateway")
})

test("SpendLimit.check: every rule that applies must be under budget", async () => {
  const rules = [rule({ limit: 100 }), rule({ id: "small", limit: 2 })]
  assert.equal(await passesAfter({ enabled: true, rules }, subject, subject), false)
})

test("SpendLimit.enter counts what is under way as what it is expected to cost, until it is booked or released", () =>
  withLimits(Effect.gen(function* () {
    const { enter } = yield* SpendLimit
    const limits = only({ limit: 1 })
    const first = yield* enter(limits, subject, 0.4)
    const second = yield* enter(limits, subject, 0.4)
    const third = yield* enter(limits, subject, 0.4)
    const refused = yield* Effect.flip(enter(limits, subject, 0.4))
    assert.deepEqual([refused.code, refused.headers?.["retry-after"]], [2041, "1"])
    third.release()
    third.release()
    const fourth = yield* enter(limits, subject, 0.4)
    yield* Effect.flip(enter(limits, subject, 0))
    yield* first.book(0.1)
    first.release()
    yield* second.book(NaN)
    const fifth = yield* enter(limits, subject, 5)
    yield* Effect.flip(enter(limits, subject, 0))
    for (const each of [fourth, fifth]) yield* each.book(0.45)
    const spent = yield* Effect.flip(enter(limits, subject, 0))
    assert.notEqual(spent.headers?.["retry-after"], "1")
  })))

test("SpendLimit.enter: of 200 calls at once as many pass as fit, and whoever leaves makes room", () =>
  withLimits(Effect.gen(function* () {
    const { enter } = yield* SpendLimit
    const limits = only({ limit: 1, technique: "sliding" })
    const calls = Array.from({ length: 200 }, () => Effect.result(enter(limits, subject, 0.1)))
    const entered = (yield* Effect.all(calls, { concurrency: "unbounded" })).filter(Result.isSuccess)
    assert.equal(entered.length, 10)
    for (const { success } of entered) success.release()
    yield* enter(limits, subject, 0.1)
  })))

test("SpendLimit.enter: a call that may cost more than there are numbers for takes up its whole budget, and gives it back", () =>
  withLimits(Effect.gen(function* () {
    const { check, enter } = yield* SpendLimit
    const limits = only()
    for (const expected of [9e15, 1e300, Infinity]) {
      const call = yield* enter(limits, subject, expected)
      assert.equal((yield* Effect.flip(check(limits, subject))).headers?.["retry-after"], "1")
      call.release()
      yield* check(limits, subject)
    }
    for (const nothing of [0, -1, NaN]) {
      yield* enter(limits, subject, nothing)
      yield* check(limits, subject)
    }
  })))
