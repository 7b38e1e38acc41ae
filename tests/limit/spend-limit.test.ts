import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import type { SpendLimits, SpendRule } from "../../lib/config/limit-rules.ts"
import type { SpendReader, SpendSubject } from "../../lib/limit/partition.ts"
import { makeLimits } from "../../lib/limit/Limits.ts"
import { storeInMemory, type StoreShape } from "../../lib/store/Store.ts"
import { virtualClock } from "../support/virtual-clock.ts"

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

/** Limits in virtual time, which starts at 0, over memory of their own. */
const budgets = (through: (store: StoreShape) => StoreShape = (store) => store) => {
  const clock = virtualClock()
  const limit = makeLimits(through(storeInMemory(clock)), clock)
  const tryEnter = async (limits: SpendLimits, subject: SpendSubject, expected: number) =>
    Result.map(
      await limit.admit({
        rules: [],
        subject,
        budgets: [{ limits, subject }],
        expected,
        worst: 0,
        lease: undefined,
        outage: "local",
      }),
      (admitted) => ({
        charge: async (cost: number) => await admitted.settle(0, cost),
        release: () => admitted.release(),
      }),
    )
  const enter = async (limits: SpendLimits, spender: SpendSubject, expected: number) =>
    Result.getOrThrow(await tryEnter(limits, spender, expected))
  return {
    pass: clock.pass,
    enter,
    states: async (limits: SpendLimits, reader: SpendReader) => await limit.states(limits, reader),
    /** Charges the cost of a request that has ended. */
    spend: async (limits: SpendLimits, spender: SpendSubject, cost: number) =>
      await (await enter(limits, spender, 0)).charge(cost),
    passes: async (limits: SpendLimits, spender: SpendSubject) =>
      Result.isSuccess(await limit.check({ limits, subject: spender }, "local")),
    /** Why a request is refused. */
    refusal: async (limits: SpendLimits, spender: SpendSubject) =>
      Result.getOrThrow(Result.flip(await limit.check({ limits, subject: spender }, "local"))),
    tryEnter,
    refusedEntry: async (limits: SpendLimits, spender: SpendSubject, expected: number) =>
      Result.getOrThrow(Result.flip(await tryEnter(limits, spender, expected))),
  }
}

/** Whether a request may go on after another cost 2 USD. */
const passesAfter = async (limits: SpendLimits, spender: SpendSubject, asker: SpendSubject) => {
  const { spend, passes } = budgets()
  await spend(limits, spender, 2)
  return await passes(limits, asker)
}

test("Limits.check refuses in Cloudflare's words once the budget is spent, until the window ends", async () => {
  const { pass, spend, passes, refusal } = budgets()
  const limits = only()
  pass(600_000)
  assert.ok(await passes(limits, subject))
  await spend(limits, subject, 1.499_999_999)
  assert.ok(await passes(limits, subject))
  await spend(limits, subject, 0.000_000_001)
  const error = await refusal(limits, subject)
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
  pass(3_000_000)
  assert.ok(await passes(limits, subject))
})

test("Limits.check: a sliding window frees what the previous one spent bit by bit", async () => {
  const { pass, spend, passes, refusal } = budgets()
  const limits = only({ technique: "sliding" })
  await spend(limits, subject, 3)
  assert.equal((await refusal(limits, subject)).headers?.["retry-after"], "5401")
  pass(5_400_000)
  assert.ok(!(await passes(limits, subject)))
  pass(1000)
  assert.ok(await passes(limits, subject))
})

test("Limits.check: a month's budget says so, and comes back with the next month of its time zone", async () => {
  const { pass, spend, passes, refusal } = budgets()
  const limits = only({ window: "month", time_zone: "Asia/Tokyo" })
  pass(Date.parse("2026-02-01T14:59:59Z"))
  await spend(limits, subject, 2)
  const error = await refusal(limits, subject)
  assert.equal(
    error.detail,
    "Spend limit exceeded: rule 'budget' (cost limit 1.5 per month in Asia/Tokyo, fixed) for baseten a/m",
  )
  const until = 27 * 86_400 + 1
  assert.deepEqual(error.headers, {
    "retry-after": `${until}`,
    "ratelimit-policy": `"budget";q=1500000;qu="micro-usd";w=${28 * 86_400};basegate-guarantee=local`,
    ratelimit: `"budget";r=0;t=${until}`,
  })
  pass(1000 * until - 1)
  assert.ok(!(await passes(limits, subject)))
  pass(1)
  assert.ok(await passes(limits, subject))
  assert.ok(await passes(only({ window: "month" }), subject), "another zone is another count")
})

test("Limits.admit: charges add small costs without drift, and leave out what is no amount", async () => {
  const { spend, passes } = budgets()
  const limits = only({ limit: 0.001 })
  for (let index = 0; index < 9_999; index++) await spend(limits, subject, 0.000_000_1)
  for (const cost of [NaN, -1, 0, Infinity]) await spend(limits, subject, cost)
  assert.ok(await passes(limits, subject))
  await spend(limits, subject, 0.000_000_1)
  assert.ok(!(await passes(limits, subject)))
})

test("Limits: disabled rules, and rules that are off together, do nothing", async () => {
  assert.equal(await passesAfter(only(), subject, subject), false)
  assert.equal(await passesAfter(only({ enabled: false }), subject, subject), true)
  assert.equal(await passesAfter({ ...only(), enabled: false }, subject, subject), true)
})

test("Limits: a filter lets a rule count and refuse only the values that it lists", async () => {
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

test("Limits: a partition gives each value its own budget", async () => {
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

test("Limits.check: every rule that applies must be under budget", async () => {
  const rules = [rule({ limit: 100 }), rule({ id: "small", limit: 2 })]
  assert.equal(await passesAfter({ enabled: true, rules }, subject, subject), false)
})

test("Limits.admit counts a running call at its expected cost, until it is charged or released", async () => {
  const { enter, refusedEntry } = budgets()
  const limits = only({ limit: 1 })
  const first = await enter(limits, subject, 0.4)
  const second = await enter(limits, subject, 0.4)
  const third = await enter(limits, subject, 0.4)
  const refused = await refusedEntry(limits, subject, 0.4)
  assert.deepEqual([refused.code, refused.headers?.["retry-after"]], [2041, "1"])
  third.release()
  third.release()
  const fourth = await enter(limits, subject, 0.4)
  await refusedEntry(limits, subject, 0)
  await first.charge(0.1)
  first.release()
  await second.charge(NaN)
  const fifth = await enter(limits, subject, 5)
  await refusedEntry(limits, subject, 0)
  for (const each of [fourth, fifth]) await each.charge(0.45)
  const spent = await refusedEntry(limits, subject, 0)
  assert.notEqual(spent.headers?.["retry-after"], "1")
})

test("Limits.admit: of 200 calls at once as many pass as fit, and each that ends makes room", async () => {
  const { enter, tryEnter } = budgets((store) => ({
    ...store,
    take: async (takes) => {
      await Promise.resolve()
      return await store.take(takes)
    },
  }))
  const limits = only({ limit: 1, technique: "sliding" })
  const calls = await Promise.all(Array.from({ length: 200 }, () => tryEnter(limits, subject, 0.1)))
  const entered = calls.filter(Result.isSuccess)
  assert.equal(entered.length, 10)
  for (const { success } of entered) success.release()
  await enter(limits, subject, 0.1)
})

test("Limits.admit: a call that costs more than can be counted takes up its whole budget, and gives it back", async () => {
  const { enter, passes, refusal } = budgets()
  const limits = only()
  for (const expected of [9e15, 1e300, Infinity]) {
    const call = await enter(limits, subject, expected)
    assert.equal((await refusal(limits, subject)).headers?.["retry-after"], "1")
    call.release()
    assert.ok(await passes(limits, subject))
  }
  for (const nothing of [0, -1, NaN]) {
    await enter(limits, subject, nothing)
    assert.ok(await passes(limits, subject))
  }
})

test("Limits.admit: a call whose store fails is no longer counted as running", async () => {
  let fails = true
  const { enter, tryEnter } = budgets((store) => ({
    ...store,
    take: (takes) => fails ? Promise.reject(new Error("unreachable")) : store.take(takes),
    charge: (charges) => fails ? Promise.reject(new Error("unreachable")) : store.charge(charges),
  }))
  const limits = only({ limit: 1 })
  await assert.rejects(tryEnter(limits, subject, 1))
  fails = false
  const call = await enter(limits, subject, 1)
  fails = true
  await assert.rejects(async () => await call.charge(0.5))
  fails = false
  await enter(limits, subject, 1)
})

test("Limits.states: what is spent and left of each rule, in USD, and when all of it is there again", async () => {
  const { pass, spend, states } = budgets()
  const limits = {
    enabled: true,
    rules: [
      rule(),
      rule({ id: "month", limit: 0.3, window: "month", time_zone: "Europe/Berlin" }),
      rule({ id: "sliding", technique: "sliding" }),
      rule({ id: "off", enabled: false }),
      rule({ id: "other", model: { mode: "filter", values: ["other"] } }),
    ],
  }
  pass(Date.parse("2026-10-31T22:30:00Z"))
  const untouched = await states(limits, subject)
  assert.deepEqual(untouched.map(({ id, spent, left }) => [id, spent, left]), [
    ["budget", 0, 1.5],
    ["month", 0, 0.3],
    ["sliding", 0, 1.5],
  ])
  await spend(limits, subject, 0.1)
  await spend(limits, subject, 0.2)
  const resets_at = "2026-10-31T23:00:00.000Z"
  assert.deepEqual(await states(limits, subject), [
    { id: "budget", limit: 1.5, spent: 0.3, left: 1.2, resets_at },
    { id: "month", limit: 0.3, spent: 0.3, left: 0, resets_at },
    { id: "sliding", limit: 1.5, spent: 0.3, left: 1.2, resets_at: "2026-11-01T00:00:00.000Z" },
  ])
  pass(45 * 60_000)
  const [, , sliding] = await states(limits, subject)
  assert.deepEqual(sliding, {
    id: "sliding",
    limit: 1.5,
    spent: 0.225,
    left: 1.275,
    resets_at: "2026-11-01T00:00:00.000Z",
  })
  assert.deepEqual(await states({ ...limits, enabled: false }, subject), [])
})

test("Limits.states: a budget that was overshot has nothing left, and a reader of many sees the worst", async () => {
  const { spend, states } = budgets()
  const partition = { mode: "partition" } as const
  const limits = only({ limit: 1, model: partition, metadata: { user: partition } })
  const of = (model: string, user: string): SpendSubject => ({ ...subject, model, metadata: { user } })
  await spend(limits, of("small", "ann"), 0.25)
  await spend(limits, of("large", "ann"), 1.5)
  await spend(limits, of("large", "bob"), 3)
  const read = async (model: string | undefined, metadata: SpendSubject["metadata"]) =>
    (await states(limits, { gateway: "a/g", model, metadata })).map(({ spent, left }) => [spent, left])
  assert.deepEqual(await read("small", { user: "ann" }), [[0.25, 0.75]])
  assert.deepEqual(await read(undefined, { user: "ann" }), [[1.5, 0]])
  assert.deepEqual(await read("large", {}), [[3, 0]])
  assert.deepEqual(await read(undefined, { user: "eve" }), [[0, 1]])
})

test("a cost that is charged while the next call is checked is not counted as running too", async () => {
  let counted: (() => void) | undefined
  const budget = budgets((store) => ({
    ...store,
    inOrder: false,
    // The store has counted it, and its answer is on its way; it comes before the one to the next question.
    charge: async (charges) => {
      await store.charge(charges)
      if (charges.some(({ counted }) => counted.count.spend)) {
        await new Promise<void>((resolve) => counted = resolve)
      }
    },
    take: async (takes, lease) => {
      const taken = await store.take(takes, lease)
      counted?.()
      await new Promise((resolve) => setTimeout(resolve))
      return taken
    },
  }))
  const limits = only({ limit: 1 })
  const first = await budget.enter(limits, subject, 0.6)
  const settled = first.charge(0.6)
  const second = await budget.tryEnter(limits, subject, 0.3)
  assert.ok(Result.isSuccess(second), "0.6 are counted once")
  await settled
  const third = await budget.tryEnter(limits, subject, 0.2)
  assert.ok(Result.isSuccess(third))
  const settling = second.success.charge(0.5)
  const refused = await budget.tryEnter(limits, subject, 0.1)
  assert.ok(Result.isFailure(refused), "what is spent stays spent")
  await settling
})
