/** In which order the models of an alias are tried. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { ModelAlias } from "../../lib/config/model-aliases.ts"
import { orderedTargets, speedLasts, TargetSpeeds } from "../../lib/plan/target-order.ts"
import { priceOf } from "../../lib/pricing/price.ts"
import { someGateway } from "../support/some-call.ts"

const alias = (order: ModelAlias["order"], models: ReadonlyArray<string>): ModelAlias => ({
  name: "a",
  order,
  targets: models.map((model) => ({ provider: "baseten", model })),
})
const gateway = someGateway({})
const modelsOf = (
  of: ModelAlias,
  prices: Readonly<Record<string, readonly [bigint, bigint]>> = {},
  speeds = new TargetSpeeds(),
  now = 0,
) => {
  const listed = (model: string) => {
    const price = prices[model]
    return price && priceOf(price[0], undefined, price[1])
  }
  return orderedTargets(of, gateway, listed, speeds, now).map(({ model }) => model)
}

test("the default order is the settings'", () => {
  assert.deepEqual(modelsOf(alias("default", ["b", "a"]), { a: [1n, 1n], b: [2n, 2n] }), ["b", "a"])
})

test("the cheapest comes first, by three tokens read and one written; models without a price come last", () => {
  const prices = { dear: [9n, 9n], output: [1n, 8n], input: [4n, 1n] } as const
  assert.deepEqual(modelsOf(alias("cheapest", ["free?", "dear", "input", "output", "also?"]), prices), [
    "output",
    "input",
    "dear",
    "free?",
    "also?",
  ])
})

test("every order has each model once", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("default", "cheapest", "fastest"),
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 9 }),
      fc.dictionary(fc.string({ maxLength: 4 }), fc.tuple(fc.bigInt(0n, 9n), fc.bigInt(0n, 9n))),
      (order, models, prices) => {
        assert.deepEqual(modelsOf(alias(order, models), prices).sort(), [...models].sort())
      },
    ),
  )
})

test("the fastest comes first: models without recent figures, then by figures, then failing ones", () => {
  const of = alias("fastest", ["slow", "fails", "quick", "new"])
  const [slow, fails, quick] = of.targets
  assert.ok(slow !== undefined && fails !== undefined && quick !== undefined)
  const speeds = new TargetSpeeds()
  speeds.note(slow, 900, true, 0)
  speeds.note(fails, 5, false, 0)
  speeds.note(quick, 80, true, 0)
  assert.deepEqual(modelsOf(of, {}, speeds, speedLasts), ["new", "quick", "slow", "fails"])
  assert.deepEqual(modelsOf(of, {}, speeds, speedLasts + 1), ["slow", "fails", "quick", "new"])
})

test("one slow answer does not change the order, several do", () => {
  const of = alias("fastest", ["one", "other"])
  const [one, other] = of.targets
  assert.ok(one !== undefined && other !== undefined)
  const speeds = new TargetSpeeds()
  speeds.note(one, 100, true, 0)
  speeds.note(other, 200, true, 0)
  speeds.note(one, 400, true, 1)
  assert.deepEqual(modelsOf(of, {}, speeds, 2), ["one", "other"])
  for (let at = 2; at < 6; at++) speeds.note(one, 400, true, at)
  assert.deepEqual(modelsOf(of, {}, speeds, 9), ["other", "one"])
})
