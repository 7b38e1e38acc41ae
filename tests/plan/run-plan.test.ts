/** The one loop that makes the calls of a plan and owns their answers. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { callOf, type Steps, yieldCall } from "../../lib/plan/plan.ts"
import { runPlan } from "../../lib/plan/run-plan.ts"
import { scripted, someContext, someTarget } from "../support/some-call.ts"
import { noLimits } from "../support/no-limits.ts"

const target = someTarget()

test("every answer but the one that the plan returns is released", async () => {
  const { next, answers } = scripted(500, 200, 503)
  function* last(): Steps {
    yield* yieldCall(target)
    const second = yield* yieldCall(target)
    yield* yieldCall(target)
    return second
  }
  const result = await runPlan(noLimits, someContext(), last(), next)
  assert.equal(Result.isSuccess(result) && result.success, answers[1])
  assert.deepEqual(answers.map(({ released }) => released), [1, 0, 1])
})

test("a defect within a plan releases the answers that it holds", async () => {
  const { next, answers } = scripted(200)
  function* broken(): Steps {
    yield* yieldCall(target)
    throw new Error("a defect")
  }
  await assert.rejects(runPlan(noLimits, someContext(), broken(), next), /a defect/)
  assert.deepEqual(answers.map(({ released }) => released), [1])
})

test("every call has a report of its own, in the order of the calls", async () => {
  const context = someContext()
  const { next, calls } = scripted(500, "provider_failed")
  function* two(): Steps {
    yield* yieldCall(target)
    return yield* yieldCall(someTarget({ step: 1 }))
  }
  const result = await runPlan(noLimits, context, two(), next)
  assert.deepEqual(context.exchange.reports, calls.map(({ report }) => report))
  assert.deepEqual(calls.map(({ report }) => report.step), [0, 1])
  assert.ok(Result.isFailure(result))
  assert.equal(context.exchange.answering, calls[1]?.report)
})

test("a plan of one call gives what the call gives", async () => {
  const context = someContext()
  const { next, answers, calls } = scripted(500)
  const result = await runPlan(noLimits, context, callOf(target), next)
  assert.equal(Result.isSuccess(result) && result.success, answers[0])
  assert.deepEqual(answers.map(({ released }) => released), [0])
  assert.equal(context.exchange.answering, calls[0]?.report)
  assert.deepEqual(context.exchange.reports, calls.map(({ report }) => report))
})
