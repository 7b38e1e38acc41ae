/** How the price of an entry is told. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { entryPrice, type PriceSource } from "../../lib/admin/entry-price.ts"
import { callCost } from "../../lib/pricing/call-cost.ts"
import { staticPriceOf } from "../../lib/pricing/static-prices.ts"
import type { LogEntry } from "../../lib/request-log/entry.ts"
import { entryOf } from "./some-log.ts"

const list: PriceSource = { overrides: new Map(), priceOf: staticPriceOf }
const glm = "zai-org/GLM-5.3"

const called = (members: Partial<LogEntry>): LogEntry =>
  entryOf("one", {
    provider: "baseten",
    model: glm,
    status: 200,
    tokens_in: 1000,
    tokens_cached: 400,
    tokens_out: 500,
    ...members,
  })

/** What such a call costs by a list. */
const costOf = ({ tokens_in, tokens_cached, tokens_out }: LogEntry): number | null =>
  callCost(
    {
      provider: "baseten",
      deployment: undefined,
      model: glm,
      status: 200,
      cached: false,
      duration: 1,
      usage: {
        input: tokens_in ?? undefined,
        cachedInput: tokens_cached ?? undefined,
        output: tokens_out ?? undefined,
        reasoning: undefined,
      },
    },
    { custom: undefined, ...list },
  ).cost ?? null

test("each kind of tokens has its price, and whether these add up to the entry's cost is reported", () => {
  const cost = costOf(called({}))
  assert.deepEqual(entryPrice(called({ cost }), list), {
    source: "list",
    lines: [
      { kind: "input", tokens: 600, per_million: 1.4, cost: 0.00084 },
      { kind: "cached_input", tokens: 400, per_million: 0.14, cost: 0.000056 },
      { kind: "output", tokens: 500, per_million: 4.4, cost: 0.0022 },
    ],
    per_minute: null,
    cost: 0.003096,
    holds: true,
  })
  assert.equal(entryPrice(called({ cost: 0.5 }), list)?.holds, false)
})

test("the operator's own price takes precedence over the list, by tokens or by time", () => {
  const price = staticPriceOf("openai/gpt-oss-120b") ?? assert.fail()
  const own: PriceSource = { ...list, overrides: new Map([[glm, { kind: "tokens", price }]]) }
  const told = entryPrice(called({ tokens_cached: null, cost: 0.00035 }), own)
  assert.deepEqual([told?.source, told?.cost, told?.holds, told?.lines.length], [
    "settings",
    0.00035,
    true,
    2,
  ])
  const byTime: PriceSource = {
    ...list,
    overrides: new Map([["wx7d2k3q", { kind: "time", minute: 50_000_000_000n }]]),
  }
  assert.deepEqual(entryPrice(called({ deployment: "wx7d2k3q", model: null, cost: 0.01 }), byTime), {
    source: "settings",
    lines: [],
    per_minute: 0.05,
    cost: 0.01,
    holds: true,
  })
})

test("an entry without a cost has no price", () => {
  for (
    const members of [
      { cached: true },
      { custom_cost: true },
      { status: 529 },
      { error: "overloaded" },
      { provider: null },
      { model: "unknown" },
      { tokens_in: null, tokens_out: null },
    ] satisfies ReadonlyArray<Partial<LogEntry>>
  ) assert.equal(entryPrice(called(members), list), null, JSON.stringify(members))
})
