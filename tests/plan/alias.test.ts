/** The plan of a model alias. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { inspect } from "../../lib/body/prepare-body.ts"
import { direct } from "../../lib/plan/direct.ts"
import { runPlan } from "../../lib/plan/run-plan.ts"
import { noLimits } from "../support/no-limits.ts"
import { resolverOf, scripted, someContext, someTarget } from "../support/some-call.ts"

const entry = {
  custom_providers: { own: { base_url: "https://own.example/v1" } },
  model_aliases: { fast: { targets: ["baseten/a/b", "custom-own/c", "baseten/d"] } },
}

const run = async (answers: ReadonlyArray<number>, model = "custom/fast") => {
  const context = someContext(entry)
  const { next, calls, answers: given } = scripted(...answers)
  const body = Result.getOrThrow(
    inspect(new TextEncoder().encode(JSON.stringify({ model, messages: [] })), "compat"),
  )
  const planning = { ...context, resolver: resolverOf(entry), priceOf: () => undefined, keep: () => {} }
  const result = await runPlan(
    noLimits,
    context,
    direct(planning, someTarget({ model, change: { body } })),
    next,
  )
  return {
    result,
    released: given.map(({ released }) => released),
    called: calls.map(({ target: { route, body } }) => `${route.provider}/${body.view.model}`),
    requested: context.exchange.requestedModel,
    ownKeys: calls.map(({ target }) => target.acceptsCallerKey),
  }
}

test("the first model that succeeds answers; those that failed are released", async () => {
  const { result, called, requested, released } = await run([500, 429, 200])
  assert.deepEqual(called, ["baseten/a/b", "custom-own/c", "baseten/d"])
  assert.deepEqual([requested, released], ["custom/fast", [1, 1, 0]])
  assert.ok(Result.isSuccess(result))
  const { headers } = result.success
  assert.deepEqual([headers.get("cf-aig-provider"), headers.get("cf-aig-model")], ["baseten", "d"])
  assert.deepEqual((await run([200])).called, ["baseten/a/b"])
})

test("the last result is the alias's, even a failure", async () => {
  const { result, called } = await run([500, 500, 404])
  assert.ok(Result.isSuccess(result))
  assert.deepEqual([result.success.status, called.length], [404, 3])
})

test("a caller's key goes only to Baseten", async () => {
  assert.deepEqual((await run([500, 500, 500])).ownKeys, [true, false, true])
})

test("an unknown alias is refused without a call", async () => {
  const { result, called, requested } = await run([], "custom/slow")
  assert.ok(Result.isFailure(result))
  assert.match(result.failure.detail, /model alias "slow"/)
  assert.deepEqual([called, requested], [[], null])
})
