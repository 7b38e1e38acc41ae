/** Steps that are tried in turn. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import type { Reason } from "../../lib/errors.ts"
import { runPlan } from "../../lib/plan/run-plan.ts"
import { universal } from "../../lib/plan/universal.ts"
import { resolverOf, scripted, someContext, someTarget } from "../support/some-call.ts"
import { noLimits } from "../support/no-limits.ts"

const run = async (...script: ReadonlyArray<number | Reason>) => {
  const context = someContext()
  const { next, calls, answers } = scripted(...script)
  const targets = script.map((_, step) => someTarget({ step, model: `m${step}` }))
  const toCome: Array<number> = []
  const result = await runPlan(
    noLimits,
    context,
    universal({ ...context, resolver: resolverOf(), priceOf: () => undefined, keep: () => {} }, targets),
    (call) => {
      toCome.push(context.exchange.stepsToCome)
      return next(call)
    },
  )
  return { result, calls, answers, toCome, exchange: context.exchange }
}

test("the first success is the answer, and ends the plan", async () => {
  const { result, calls, answers, toCome } = await run(500, "provider_timeout", 404, 200, 200)
  assert.equal(Result.isSuccess(result) && result.success.status, 200)
  assert.equal(calls.length, 4)
  assert.deepEqual(answers.map(({ released }) => released), [1, 1, 0])
  assert.deepEqual(toCome, [4, 3, 2, 1])
})

test("the result of the last step is the answer, even a failure", async () => {
  const failed = await run(200 + 300, 429)
  assert.equal(Result.isSuccess(failed.result) && failed.result.success.status, 429)
  assert.deepEqual(failed.answers.map(({ released }) => released), [1, 0])
  const error = await run(500, "rate_limited")
  assert.ok(Result.isFailure(error.result))
  assert.equal(error.result.failure.reason, "rate_limited")
  assert.equal(error.result.failure.headers?.["cf-aig-step"], "1")
})

test("a client that leaves ends the plan", async () => {
  const { result, calls } = await run(500, "client_left", 200)
  assert.ok(Result.isFailure(result))
  assert.equal(result.failure.reason, "client_left")
  assert.equal(calls.length, 2)
})

test("the record is described by the step that is being called", async () => {
  const { exchange } = await run(500, 200)
  assert.equal(exchange.model, "m1")
})
