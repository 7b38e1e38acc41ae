import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import fc from "fast-check"
import {
  callCost,
  type CompletedCall,
  picoCostOfTime,
  type PriceOverride,
  type Tariff,
} from "../../lib/pricing/call-cost.ts"
import { customCost } from "../../lib/pricing/custom-cost.ts"
import { priceOf } from "../../lib/pricing/price.ts"
import { staticPriceOf } from "../../lib/pricing/static-prices.ts"

const call = (change: Partial<CompletedCall> = {}): CompletedCall => ({
  provider: "baseten",
  deployment: undefined,
  model: "moonshotai/Kimi-K3",
  status: 200,
  cached: false,
  usage: { input: 1_000_000, output: 1_000_000, cachedInput: 500_000, reasoning: undefined },
  duration: 1500,
  ...change,
})

const tariff = (header?: string, overrides: Readonly<Record<string, PriceOverride>> = {}): Tariff => {
  return {
    custom: header === undefined ? undefined : Result.getOrThrow(customCost(header)),
    overrides: new Map(Object.entries(overrides)),
    priceOf: staticPriceOf,
  }
}

const cost = (change: Partial<CompletedCall> = {}, ...given: Parameters<typeof tariff>) => {
  const { cost, custom } = callCost(call(change), tariff(...given))
  return [cost, custom]
}

const byTokens = (input: bigint, output: bigint): PriceOverride => ({
  kind: "tokens",
  price: priceOf(input, undefined, output),
})

test("callCost() uses Baseten's price", () => {
  assert.deepEqual(cost(), [1.5 + 0.15 + 15, false])
})

test("callCost() does not know what is nowhere priced, which is not 0", () => {
  const unknown = [undefined, false]
  assert.deepEqual(cost({ model: "nobody/Knows" }), unknown)
  assert.deepEqual(cost({ model: undefined }), unknown)
  assert.deepEqual(cost({ usage: undefined }), unknown)
  assert.deepEqual(cost({ provider: "custom-spare" }), unknown, "another provider has other prices")
  assert.deepEqual(cost({ deployment: "abcd1234" }), unknown, "billed by replica and minute")
  assert.deepEqual(cost({ usage: undefined }, '{"per_token_in":1}'), unknown)
})

test("callCost(): errors and hits of the cache cost nothing, whatever the caller's figures", () => {
  for (const change of [{ status: 400 }, { status: 529 }, { cached: true }]) {
    assert.deepEqual(cost(change), [0, false])
    assert.deepEqual(cost(change, '{"total_cost":5}'), [0, false])
    assert.deepEqual(cost({ ...change, model: "nobody/Knows", usage: undefined }), [0, false])
  }
})

test("callCost() prefers the caller's figures to any other", () => {
  const operator = { "moonshotai/Kimi-K3": byTokens(1n, 1n) }
  assert.deepEqual(cost({}, '{"total_cost":0.25}', operator), [0.25, true])
  assert.deepEqual(cost({ usage: undefined, model: undefined }, '{"total_cost":0.25}'), [0.25, true])
  assert.deepEqual(cost({ deployment: "abcd1234" }, '{"total_cost":0}'), [0, true])
  assert.deepEqual(cost({}, '{"per_token_in":1e-6,"per_token_out":2e-6}', operator), [3, true])
  assert.deepEqual(cost({ provider: "custom-spare" }, '{"per_token_in":1e-6,"per_token_out":0}'), [1, true])
})

test("callCost(): a figure that the caller leaves out is 0", () => {
  assert.deepEqual(cost({}, '{"per_token_in":1e-6}'), [1, true])
  assert.deepEqual(cost({}, '{"per_token_out":2e-6}'), [2, true])
  assert.deepEqual(cost({}, '{"per_cache_read_token":1e-7}'), [0.05, true])
  assert.deepEqual(cost({}, '{"per_token_in":1e-6,"per_cache_read_token":0}'), [0.5, true])
  assert.deepEqual(cost({}, '{"per_token_in":1e-6,"per_cache_write_token":9}'), [1, true])
})

test("callCost() prefers the operator's price to Baseten's", () => {
  const atto = 1_000_000_000_000n
  const operator = { "moonshotai/Kimi-K3": byTokens(atto, 2n * atto) }
  assert.deepEqual(cost({}, undefined, operator), [3, false])
  assert.deepEqual(cost({ model: "openai/gpt-oss-120b" }, undefined, operator), [0.6, false])
})

test("callCost() prices a deployment by its id alone, by tokens or by time", () => {
  const minute = { kind: "time", minute: 108_330_000_000n } as const
  const dedicated = { deployment: "abcd1234" }
  assert.deepEqual(cost(dedicated, undefined, { abcd1234: minute }), [0.00270825, false])
  assert.deepEqual(cost({ ...dedicated, usage: undefined }, undefined, { abcd1234: minute }), [
    0.00270825,
    false,
  ])
  assert.deepEqual(cost(dedicated, undefined, { abcd1234: byTokens(0n, 1_000_000_000_000n) }), [1, false])
  assert.deepEqual(cost(dedicated, undefined, { "moonshotai/Kimi-K3": minute }), [undefined, false])
})

test("callCost() prices a custom provider's model by both names, or by the model's own", () => {
  const spare = { provider: "custom-spare", model: "m" }
  const [one, two] = [byTokens(1_000_000_000_000n, 0n), byTokens(2_000_000_000_000n, 0n)]
  assert.deepEqual(cost(spare, undefined, { m: one }), [1, false])
  assert.deepEqual(cost(spare, undefined, { m: one, "custom-spare/m": two }), [2, false])
  assert.deepEqual(cost(spare, undefined, { "custom-other/m": two }), [undefined, false])
})

test("picoCostOfTime(): a call costs what its time does, to half a picodollar", () => {
  fc.assert(fc.property(
    fc.double({ min: 0, max: 1e9, noNaN: true }),
    fc.bigInt({ min: 0n, max: 10n ** 18n }),
    (duration, minute) => {
      const pico = picoCostOfTime(duration, minute)
      const exact = BigInt(Math.round(duration * 1000)) * minute
      const error = pico * 60_000_000n - exact
      assert.ok(error >= -30_000_000n && error <= 30_000_000n, String(error))
    },
  ))
})
