import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { customCost } from "../../lib/pricing/custom-cost.ts"
import { modelPrices } from "../../lib/pricing/model-prices.ts"
import { costOf } from "../../lib/pricing/price.ts"
import { staticPriceOf, staticPricesDate } from "../../lib/pricing/static-prices.ts"

const million = { input: 2_000_000, output: 1_000_000, cachedInput: 1_000_000, reasoning: undefined }

test("staticPriceOf() has prices per million tokens", () => {
  assert.equal(costOf(million, staticPriceOf("deepseek-ai/DeepSeek-V4.1-Flash")), 1.507)
  assert.equal(costOf(million, staticPriceOf("moonshotai/Kimi-K3")), 18.3)
  assert.match(staticPricesDate, /^\d{4}-\d\d-\d\d$/)
})

test("staticPriceOf() wants the exact slug", () => {
  for (const slug of ["moonshotai/kimi-k3", "Kimi-K3", "", "constructor", "__proto__"]) {
    assert.equal(staticPriceOf(slug), undefined, slug)
  }
})

test("modelPrices() reads Baseten's list, strings or numbers", () => {
  const pricing = {
    prompt: "0.0000003",
    completion: "0.0000012",
    input_cache_read: "0.000000007",
    image: "0",
  }
  const prices = modelPrices({
    object: "list",
    data: [
      { id: "a/Strings", pricing },
      { id: "a/Numbers", pricing: { prompt: 3e-7, completion: 12e-7, input_cache_read: 7e-9 } },
      { id: "a/Uncached", pricing: { ...pricing, input_cache_read: null } },
      { id: "a/Unknown", pricing: { prompt: "-1", completion: "-1" } },
      { id: "a/None" },
      { pricing },
      null,
    ],
  })
  assert.deepEqual([...prices?.keys() ?? []], ["a/Strings", "a/Numbers", "a/Uncached"])
  assert.equal(costOf(million, prices?.get("a/Strings")), 1.507)
  assert.deepEqual(prices?.get("a/Numbers"), prices?.get("a/Strings"))
  assert.equal(costOf(million, prices?.get("a/Uncached")), 1.8)
})

test("modelPrices() distinguishes a list without prices from something that is no list", () => {
  assert.equal(modelPrices({ data: [] })?.size, 0)
  for (const body of [undefined, null, "x", [], {}, { data: {} }]) assert.equal(modelPrices(body), undefined)
})

const priceIn = (header: string) => {
  const cost = Result.getOrThrow(customCost(header))
  assert.ok("price" in cost)
  return cost.price
}

test("customCost() reads prices per token of any precision", () => {
  assert.equal(costOf(million, priceIn('{"per_token_in":0.000001,"per_token_out":2e-6}')), 4)
  assert.equal(priceIn('{"per_token_in":0.000000000000000001}').input, 1n)
  assert.equal(costOf({ ...million, output: 0 }, priceIn('{"per_token_in":0}')), 0)
})

test("customCost() takes a missing cache price to be per_token_in", () => {
  const price = '{"per_token_in":1e-6,"per_token_out":2e-6,'
  assert.equal(costOf(million, priceIn(`${price}"per_cache_read_token":1e-7}`)), 3.1)
  assert.equal(costOf(million, priceIn(`${price}"per_cache_write_token":5e-6}`)), 4)
})

test("customCost() prefers a total to prices", () => {
  assert.deepEqual(
    customCost('{"total_cost":0.25,"per_token_in":1}'),
    Result.succeed({ total: 250_000_000_000n }),
  )
  assert.deepEqual(customCost('{"total_cost":0}'), Result.succeed({ total: 0n }))
})

test("customCost() says what the header takes", () => {
  for (const header of ["", "x", "[]", "null", "1", "{}", '{"per_token":1}', '{"per_token_in":1']) {
    assert.match(String(Result.merge(customCost(header))), /^cf-aig-custom-cost takes a JSON object/, header)
  }
  for (const value of ["-1", '"1"', "null", "1e999", "{}", "true"]) {
    assert.match(
      String(Result.merge(customCost(`{"per_token_out":${value}}`))),
      /per_token_out must be a number from 0\.$/,
      value,
    )
  }
})
