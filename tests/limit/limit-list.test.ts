import assert from "node:assert/strict"
import { test } from "node:test"
import type { SpendRule } from "../../lib/config/limit-rules.ts"
import { limitsOf } from "../../lib/limit/gateway-limits.ts"
import { listLimits } from "../../lib/limit/limit-list.ts"
import { makeLimits } from "../../lib/limit/Limits.ts"
import { storeInMemory } from "../../lib/store/Store.ts"
import * as Result from "effect/Result"
import { someGateway } from "../support/some-call.ts"
import { virtualClock } from "../support/virtual-clock.ts"

const partition = { mode: "partition" } as const
const rule = (change: Partial<SpendRule> = {}): SpendRule => ({
  id: "budget",
  limit: 10,
  limitType: "cost",
  window: "month",
  technique: "fixed",
  enabled: true,
  ...change,
})
const subject = { gateway: "*", key: "k", model: "m", provider: "baseten", metadata: {} }

/** A gateway's limits in virtual time, and what was spent of them. */
const gateway = (entry: object, maxCounters = 100) => {
  const clock = virtualClock()
  const store = storeInMemory(clock, { maxCounters })
  const limiter = makeLimits(store, clock)
  const settings = someGateway(entry)
  return {
    pass: clock.pass,
    limiter,
    settings,
    spend: async (cost: number, metadata: Record<string, string> = {}) => {
      const spender = { ...subject, metadata }
      const admitted = await limiter.admit({
        rules: [],
        subject: spender,
        budgets: [{ limits: settings.spendLimits, subject: spender }],
        expected: 0,
        worst: 0,
        lease: undefined,
        outage: "local",
      })
      await Result.getOrThrow(admitted).settle(0, cost)
    },
    /** Whether the rates refuse a call, and whether the budgets do. */
    refuses: async (metadata: Record<string, string>) => {
      const caller = { ...subject, metadata }
      const rate = await limiter.acquire(settings.rateRules, caller, "local")
      const spend = await limiter.check({ limits: settings.spendLimits, subject: caller }, "local")
      return [Result.isFailure(rate), Result.isFailure(spend)]
    },
    listed: async (most = 10) => {
      const { total, limits } = await listLimits(store, settings.id, limitsOf(settings), most, clock.wall())
      return {
        total,
        limits: limits.map((limit) => ({ ...limit, partition: limit.partition && { ...limit.partition } })),
      }
    },
  }
}

test("a budget is listed with the time of its reset, and the time when it runs out at its period's pace", async () => {
  const { pass, spend, listed } = gateway({ spend_limits: { enabled: true, rules: [rule()] } })
  pass(Date.parse("2026-11-04T00:00:00Z"))
  await spend(2.5)
  const { total, limits: [limit] } = await listed()
  assert.equal(total, 1)
  assert.deepEqual(limit, {
    gateway: "*",
    id: "budget",
    token: null,
    kind: "spend",
    unit: "usd",
    limit: 10,
    window: "month",
    time_zone: "UTC",
    technique: "fixed",
    partition: {},
    spent: 2.5,
    left: 7.5,
    share: 0.25,
    refused: 0,
    resets_at: "2026-12-01T00:00:00.000Z",
    runs_out_at: "2026-11-13T00:00:00.000Z",
  })
  pass(20 * 86_400_000)
  assert.equal((await listed()).limits[0]?.runs_out_at, null)
  await spend(8)
  const spent = (await listed()).limits[0]
  assert.deepEqual([spent?.left, spent?.share, spent?.runs_out_at], [0, 1.05, "2026-11-24T00:00:00.000Z"])
})

test("partitions are listed by spending, those without room as one; a rule with none yet is listed too", async () => {
  const rules = [rule({ metadata: { user: partition, team: { mode: "filter", values: ["x"] } } })]
  const { spend, listed } = gateway({ spend_limits: { enabled: true, rules } }, 2)
  const shown = async (most?: number) => {
    const { total, limits } = await listed(most)
    return [total, ...limits.map(({ partition, spent }) => [partition, spent])]
  }
  assert.deepEqual(await shown(), [1, [null, 0]])
  for (const [user, cost] of [["ann", 1], ["bob", 3], ["eve", 1], ["mal", 1]] as const) {
    await spend(cost, { user, team: "x" })
  }
  await spend(9, { user: "ann", team: "y" })
  assert.deepEqual(await shown(), [
    3,
    [{ "metadata.user": "bob" }, 3],
    [null, 2],
    [{ "metadata.user": "ann" }, 1],
  ])
  assert.deepEqual(await shown(1), [3, [{ "metadata.user": "bob" }, 3]])
})

test("rates are listed in their unit; those counted per caller without the callers", async () => {
  const { limiter, settings, listed } = gateway({
    rate_limits: [
      { id: "all", limit: 4, interval: 60 },
      { id: "each", limit: 4, interval: 60, per: ["key"] },
      { id: "tokens", limit: 1000, window: "day", time_zone: "Europe/Berlin", unit: "tokens" },
    ],
  })
  await limiter.acquire(settings.rateRules, subject, "local")
  const admitted = await limiter.admit({
    rules: settings.rateRules.filter(({ unit }) => unit === "tokens"),
    subject,
    budgets: [],
    expected: 0,
    worst: 0,
    lease: undefined,
    outage: "local",
  })
  await Result.getOrThrow(admitted).settle(250, 0)
  const { limits } = await listed()
  assert.deepEqual(
    limits.map(({ id, unit, partition, spent, left, share }) => [id, unit, partition, spent, left, share]),
    [
      ["all", "requests", {}, 1, 3, 0.25],
      ["each", "requests", null, null, null, null],
      ["tokens", "tokens", {}, 250, 750, 0.25],
    ],
  )
  assert.deepEqual([limits[2]?.window, limits[2]?.time_zone, limits[0]?.window], ["day", "Europe/Berlin", 60])
})

test("the limits of dynamic routes are listed, under their element's names", async () => {
  const limit = (id: string, limitType: string, next: string) => ({
    id,
    type: "rate",
    properties: { limitType, key: "metadata.user", limit: 5, window: 60 },
    outputs: { success: { elementId: next } },
  })
  const { listed } = gateway({
    routes: {
      careful: {
        elements: [
          { id: "start", type: "start", outputs: { next: { elementId: "count" } } },
          limit("count", "count", "cost"),
          limit("cost", "cost", "end"),
          { id: "end", type: "end" },
        ],
      },
    },
  })
  const { limits } = await listed()
  assert.deepEqual(limits.map(({ id, kind, spent }) => [id, kind, spent]), [
    ["route.careful.cost", "spend", 0],
    ["route.careful.count", "rate", null],
  ])
})

test("a partition may have any name", async () => {
  const rules = [rule({ metadata: { ["__proto__"]: partition, constructor: partition } })]
  const { spend, listed } = gateway({ spend_limits: { enabled: true, rules } })
  const metadata = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>
  await spend(1, metadata)
  const { limits } = await listed()
  assert.deepEqual(limits.map(({ partition }) => JSON.stringify(partition)), [
    '{"metadata.__proto__":"a","metadata.constructor":"b"}',
  ])
})

test("a token's own limits are listed under its name, once while it is rotated", async () => {
  const token = (value: string) => ({
    name: "ann",
    token: value,
    spend_limits: { enabled: true, rules: [rule({ limit: 2 }), rule({ id: "off", enabled: false })] },
    rate_limits: [{ id: "slow", limit: 5, interval: 60 }],
  })
  const { settings, limiter, listed } = gateway({
    tokens: [token("old-value"), token("new-value"), { name: "bob", token: "third-value" }, "plain-value"],
    rate_limits: [{ id: "all", limit: 10, interval: 60 }],
  })
  const ann = settings.tokens.find(({ name }) => name === "ann")
  await limiter.acquire(ann?.limits?.rateRules ?? [], subject, "local")
  const { total, limits } = await listed()
  assert.equal(total, 3)
  assert.deepEqual(limits.map(({ token, id, kind, limit, spent }) => [token, id, kind, limit, spent]), [
    ["ann", "budget", "spend", 2, 0],
    [null, "all", "rate", 10, 1],
    ["ann", "slow", "rate", 5, 1],
  ])
})

test("refusals of a rule are counted over its window, for all its partitions together", async () => {
  const { pass, spend, refuses, listed } = gateway({
    rate_limits: [
      { id: "slow", limit: 1, interval: 60 },
      { id: "each", limit: 1, interval: 600, per: ["metadata.user"] },
    ],
    spend_limits: {
      enabled: true,
      rules: [
        rule({ window: 3600, metadata: { user: partition } }),
        rule({ id: "sliding", window: 3600, technique: "sliding" }),
      ],
    },
  })
  const refused = async () => (await listed()).limits.map(({ id, refused }) => [id, refused])
  pass(3_600_000)
  assert.deepEqual(await refuses({ user: "ann" }), [false, false])
  await spend(10, { user: "ann" })
  // A call is refused by the first budget that is spent, and by every rate that is used up.
  for (const user of ["ann", "bob", "bob"]) assert.deepEqual(await refuses({ user }), [true, true])
  assert.deepEqual(await refused(), [["budget", 1], ["sliding", 2], ["slow", 3], ["each", 1]])
  pass(60_000)
  assert.deepEqual(await refused(), [["budget", 1], ["sliding", 2], ["slow", 0], ["each", 1]])
  // Half of the next hour later, a sliding window still covers half of the hour before.
  pass(5_340_000)
  assert.deepEqual(await refused(), [["budget", 0], ["sliding", 1], ["slow", 0], ["each", 0]])
})
