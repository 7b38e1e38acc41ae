/** The plan of one target: where its body says that it goes. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { inspect } from "../../lib/body/prepare-body.ts"
import type { CallTarget } from "../../lib/call/target.ts"
import { direct, validateTarget } from "../../lib/plan/direct.ts"
import { runPlan } from "../../lib/plan/run-plan.ts"
import { resolverOf, scripted, someContext, someGateway, someTarget } from "../support/some-call.ts"
import { noLimits } from "../support/no-limits.ts"

const entry = {
  custom_providers: { own: { base_url: "https://own.example/v1" } },
  routes: {
    r: {
      elements: [
        { id: "start", type: "start", outputs: { next: { elementId: "one" } } },
        {
          id: "one",
          type: "model",
          properties: { provider: "baseten", model: "m1" },
          outputs: { success: { elementId: "end" } },
        },
        { id: "end", type: "end" },
      ],
    },
  },
}
const bodyOf = (model: string) =>
  Result.getOrThrow(inspect(new TextEncoder().encode(JSON.stringify({ model, messages: [] })), "compat"))

const run = async (model: string, change: Partial<CallTarget> = { body: bodyOf(model) }) => {
  const context = someContext(entry)
  const { next, calls } = scripted()
  const target = someTarget({ model, change })
  const planning = { ...context, resolver: resolverOf(entry), priceOf: () => undefined, keep: () => {} }
  const result = await runPlan(noLimits, context, direct(planning, target), next)
  return {
    result,
    answering: context.exchange.answering,
    called: calls.map(({ target: { route, body } }) => [route.provider, body.view.model]),
  }
}

test("a body that names no other provider goes where its route says", async () => {
  assert.deepEqual((await run("m", {})).called, [["baseten", "m"]])
  assert.deepEqual((await run("baseten/m")).called, [["baseten", "m"]])
})

test("a body that names a custom provider goes there", async () => {
  assert.deepEqual((await run("custom-own/m")).called, [["custom-own", "m"]])
})

test("a body that names a dynamic route follows it", async () => {
  assert.deepEqual((await run("dynamic/r")).called, [["baseten", "m1"]])
})

for (const [model, detail] of [["custom-strange/m", /custom-strange/], ["dynamic/x", /route "x"/]] as const) {
  test(`${model} is refused without a call, both by the plan and before it`, async () => {
    const { result, answering, called } = await run(model)
    assert.ok(Result.isFailure(result))
    assert.match(result.failure.detail, detail)
    assert.deepEqual([answering, called], [undefined, []])
    assert.match(validateTarget(someGateway(entry), bodyOf(model))?.detail ?? "", detail)
  })
}
