import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { RateLimiting, RateLimits, rateRules, SpendLimitsEntry } from "../../lib/config/limit-rules.ts"

const accepts = (schema: Schema.Codec<unknown, unknown>) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (value: unknown) => Result.isSuccess(decode(value, { onExcessProperty: "error" }))
}

test("RateLimits takes a full and a minimal rule, and refuses what could not work", () => {
  const takes = accepts(RateLimits)
  const rule = { limit: 100, interval: 60 }
  const full = {
    ...rule,
    id: "per-user",
    technique: "sliding",
    unit: "tokens",
    per: ["key", "model", "metadata.user"],
  }
  assert.ok(takes([]))
  assert.ok(takes([rule, full]))
  const wrong = [
    { limit: 0 },
    { limit: 1.5 },
    { limit: 1e15 },
    { interval: 0 },
    { interval: 31 * 86_400 + 1 },
    { technique: "token-bucket" },
    { unit: "dollars" },
    { per: ["user"] },
    { per: ["metadata."] },
    { id: "" },
    { id: 'quo"te' },
    { id: "gateway" },
    { windw: 1 },
    { window: "day" },
    { interval: undefined },
    { interval: "day" },
  ]
  for (const change of wrong) assert.ok(!takes([{ ...rule, ...change }]), JSON.stringify(change))
  assert.ok(!takes([full, full]), "the same id twice")
  assert.ok(!takes([{ ...rule, id: "rule-2" }, rule]), "an id that another rule gets by its place")
})

test("SpendLimits takes Cloudflare's shape, with partitions of model and provider, up to 20 rules", () => {
  const takes = accepts(SpendLimitsEntry)
  const rule = {
    id: "r",
    limit: 0.5,
    limitType: "cost",
    window: 3600,
    technique: "sliding",
    enabled: true,
    model: { mode: "filter", values: ["a/b"] },
    provider: { mode: "partition" },
    metadata: { user: { mode: "partition" }, tier: { mode: "filter", values: ["free"] } },
  }
  const withRules = (rules: ReadonlyArray<unknown>) => ({ enabled: true, rules })
  const many = (count: number) =>
    withRules(Array.from({ length: count }, (_, n) => ({ ...rule, id: `r${n}` })))
  assert.ok(takes(withRules([rule])))
  assert.ok(takes(many(20)))
  assert.ok(!takes(many(21)))
  assert.ok(!takes(withRules([rule, rule])), "the same id twice")
  const wrong = [
    { limit: 0 },
    { limit: -1 },
    { limitType: "tokens" },
    { window: 0 },
    { model: { mode: "filter", values: [] } },
    { model: { mode: "filter" } },
    { model: { mode: "partition", values: ["a"] } },
    { metadata: { user: "partition" } },
    { enabled: undefined },
  ]
  for (const change of wrong) assert.ok(!takes(withRules([{ ...rule, ...change }])), JSON.stringify(change))
})

test("rules take a day, a week or a month of a time zone, fixed, in place of seconds", () => {
  const rate = accepts(RateLimits)
  const spend = accepts(SpendLimitsEntry)
  const rule = { id: "r", limit: 1, limitType: "cost", technique: "fixed", enabled: true }
  const takes = (change: object): boolean => {
    const [one, other] = [
      rate([{ limit: 1, ...change }]),
      spend({ enabled: true, rules: [{ ...rule, ...change }] }),
    ]
    assert.equal(one, other, JSON.stringify(change))
    return one
  }
  for (const window of ["day", "week", "month"]) {
    assert.ok(takes({ window }))
    assert.ok(takes({ window, time_zone: "Asia/Kathmandu" }))
    assert.ok(!takes({ window, technique: "sliding" }))
    assert.ok(!takes({ window, time_zone: "Nowhere/City" }))
    assert.ok(!takes({ window, time_zone: "+01:00" }))
  }
  assert.ok(takes({ window: 60, technique: "sliding" }))
  for (
    const wrong of [{ window: 60, time_zone: "UTC" }, { window: "year" }, { window: "60" }, { window: null }]
  ) {
    assert.ok(!takes(wrong), JSON.stringify(wrong))
  }
})

test("RateLimiting takes Cloudflare's settings, off as 0 or null", () => {
  const takes = accepts(Schema.Struct(RateLimiting))
  const off = [0, null].map((value) => ({ rate_limiting_limit: value, rate_limiting_interval: value }))
  for (const entry of [{}, ...off, { rate_limiting_technique: null }]) assert.ok(takes(entry))
  for (const entry of [{ rate_limiting_limit: -1 }, { rate_limiting_technique: "none" }]) {
    assert.ok(!takes(entry))
  }
})

test("rateRules() fills in defaults, names rules by their place, and puts Cloudflare's first", () => {
  const rules = rateRules({
    rate_limiting_limit: 100,
    rate_limiting_interval: 60,
    rate_limiting_technique: "sliding",
    rate_limits: [{ limit: 1, interval: 2 }, { limit: 1, window: 7 }, {
      limit: 1,
      window: "day",
      time_zone: "Europe/Berlin",
    }, {
      id: "x",
      limit: 3,
      interval: 4,
      unit: "tokens",
      per: ["key"],
    }],
  })
  assert.deepEqual(rules, [
    { id: "gateway", limit: 100, interval: 60, technique: "sliding", unit: "requests", per: [] },
    { id: "rule-1", limit: 1, interval: 2, technique: "fixed", unit: "requests", per: [] },
    { id: "rule-2", limit: 1, interval: 7, technique: "fixed", unit: "requests", per: [] },
    {
      id: "rule-3",
      limit: 1,
      window: "day",
      time_zone: "Europe/Berlin",
      technique: "fixed",
      unit: "requests",
      per: [],
    },
    { id: "x", limit: 3, interval: 4, technique: "fixed", unit: "tokens", per: ["key"] },
  ])
})

test("rateRules(): Cloudflare's rule is off unless limit and interval are set, and fixed by default", () => {
  assert.deepEqual(rateRules({}), [])
  for (const off of [0, null]) {
    assert.deepEqual(rateRules({ rate_limiting_limit: off, rate_limiting_interval: 60 }), [])
    assert.deepEqual(rateRules({ rate_limiting_limit: 100, rate_limiting_interval: off }), [])
  }
  const [rule] = rateRules({
    rate_limiting_limit: 1,
    rate_limiting_interval: 60,
    rate_limiting_technique: null,
  })
  assert.equal(rule?.technique, "fixed")
})
