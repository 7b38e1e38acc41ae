/** Dynamic routes: which model is called, on which budgets, and whose answer is the request's. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import type { Reason } from "../../lib/errors.ts"
import { rateLimited } from "../../lib/errors/limit-errors.ts"
import { dynamic } from "../../lib/plan/dynamic.ts"
import { type PlanServices, runPlan } from "../../lib/plan/run-plan.ts"
import { resolverOf, scripted, someContext, someTarget } from "../support/some-call.ts"
import { noLimits } from "../support/no-limits.ts"

const to = (elementId: string) => ({ elementId })
const model = (id: string, success: string, fallback?: string, properties: object = {}) => ({
  id,
  type: "model",
  properties: { provider: "baseten", model: id, ...properties },
  outputs: { success: to(success), ...(fallback !== undefined && { fallback: to(fallback) }) },
})
const limit = (id: string, limitType: string, success: string, fallback?: string) => ({
  id,
  type: "rate",
  properties: { limitType, key: "body.user", limit: 1, window: 60 },
  outputs: { success: to(success), ...(fallback !== undefined && { fallback: to(fallback) }) },
})

/** Runs a route from its first element on. */
const run = async (
  elements: ReadonlyArray<{ readonly id: string }>,
  script: ReadonlyArray<number | Reason>,
  services: PlanServices = noLimits,
) => {
  const start = { id: "start", type: "start", outputs: { next: to(elements[0]?.id ?? "end") } }
  const entry = {
    routes: { r: { elements: [start, ...elements, { id: "end", type: "end" }] } },
    custom_providers: { own: { base_url: "https://own.example/v1" } },
  }
  const context = someContext(entry)
  const graph = context.gateway.routes.get("r") ?? assert.fail("no route")
  const { next, calls, answers } = scripted(...script)
  const target = someTarget({ body: { model: "dynamic/r", messages: [], user: "ann" } })
  const planning = { ...context, resolver: resolverOf(entry), priceOf: () => undefined, keep: () => {} }
  const result = await runPlan(services, context, dynamic(planning, target, graph), next)
  const { answering } = context.exchange
  return { result, calls, answers, answering, models: calls.map(({ target }) => target.body.view.model) }
}

test("models are called in the order of the graph until one succeeds, and the others' answers are released", async () => {
  const route = [model("one", "end", "two"), model("two", "end", "three"), model("three", "end")]
  const { result, models, answers } = await run(route, [529, "provider_timeout", 200])
  assert.deepEqual(models, ["one", "two", "three"])
  assert.ok(Result.isSuccess(result))
  assert.equal(result.success, answers[1])
  assert.deepEqual(answers.map(({ released }) => released), [1, 0])
  const { headers, call } = result.success
  assert.deepEqual([headers.get("cf-aig-model"), headers.get("cf-aig-provider")], ["three", "baseten"])
  assert.equal(call.report.model, "three")
})

test("the last success is the answer, even if a later model fails", async () => {
  const route = [model("one", "two"), model("two", "three"), model("three", "end", "end")]
  const { result, answers } = await run(route, [200, 200, 503])
  assert.equal(Result.isSuccess(result) && result.success, answers[1])
  assert.deepEqual(answers.map(({ released }) => released), [1, 0, 1])
})

test("if none succeeds, the last failure is the answer, and the record names the requested model", async () => {
  const route = [model("one", "end", "two"), model("two", "end")]
  const { result, answers, answering, calls } = await run(route, [500, "provider_failed"])
  assert.ok(Result.isFailure(result))
  assert.equal(result.failure.reason, "provider_failed")
  assert.equal(answering, calls[1]?.report)
  assert.equal(calls[1]?.report.model, "dynamic/r")
  assert.deepEqual(answers.map(({ released }) => released), [1])
})

test("a client that leaves ends the route", async () => {
  const { result, calls, answers } = await run(
    [model("one", "two"), model("two", "end", "three"), model("three", "end")],
    [200, "client_left", 200],
  )
  assert.equal(Result.isFailure(result) && result.failure.reason, "client_left")
  assert.equal(calls.length, 2)
  assert.deepEqual(answers.map(({ released }) => released), [1])
})

test("a limit that allows applies its budgets to the calls after it, and to none before", async () => {
  const checked: Array<unknown> = []
  const services: PlanServices = {
    ...noLimits,
    limits: {
      ...noLimits.limits,
      check: ({ limits: { rules }, subject: { provider } }) => {
        checked.push([rules[0]?.id, provider])
        return Result.succeed(undefined)
      },
    },
  }
  const route = [
    model("one", "end", "first"),
    limit("first", "cost", "two"),
    model("two", "end", "second"),
    limit("second", "cost", "three"),
    model("three", "end"),
  ]
  const { calls } = await run(route, [500, 500, 200], services)
  assert.deepEqual(checked, [["route.r.first", "baseten"], ["route.r.second", "baseten"]])
  const budgets = calls.map(({ budgets }) => budgets.map(({ limits }) => limits.rules[0]?.id))
  assert.deepEqual(budgets, [[], ["route.r.first"], ["route.r.first", "route.r.second"]])
  const [{ subject } = assert.fail()] = calls[1]?.budgets ?? []
  assert.ok(!JSON.stringify(subject).includes("ann"), "the value that is counted by may be a secret")
})

test("a limit that refuses is the failure, unless its fall-back has an answer", async () => {
  const asked: Array<string> = []
  const services: PlanServices = {
    ...noLimits,
    limits: {
      ...noLimits.limits,
      acquire: (rules) => {
        asked.push(...rules.map(({ id, unit }) => `${id} ${unit}`))
        return Result.fail(rateLimited("too many", {}))
      },
    },
  }
  const refused = await run([limit("few", "count", "one"), model("one", "end")], [], services)
  assert.equal(Result.isFailure(refused.result) && refused.result.failure.reason, "rate_limited")
  assert.deepEqual([refused.calls.length, asked], [0, ["route.r.few requests"]])

  const route = [limit("few", "count", "one", "two"), model("one", "end"), model("two", "end")]
  const { result, models } = await run(route, [200], services)
  assert.ok(Result.isSuccess(result))
  assert.deepEqual(models, ["two"])
})

test("an element's own timeout and retries apply only to its call", async () => {
  const route = [model("one", "end", "two", { timeout: 50, retries: 3 }), model("two", "end")]
  const { calls } = await run(route, [500, 200])
  const options = calls.map(({ target: { options } }) => [options.requestTimeout, options.retry.maxAttempts])
  assert.deepEqual(options, [[50, 4], [undefined, 1]])
})

test("a custom provider's model is called there, and the caller's key does not go with it", async () => {
  const { calls, models } = await run([model("one", "end", undefined, { provider: "custom-own" })], [200])
  const { route, acceptsCallerKey } = calls[0]?.target ?? assert.fail("no call")
  assert.deepEqual([route.provider, route.url, acceptsCallerKey, models], [
    "custom-own",
    "https://own.example/v1/chat/completions",
    false,
    ["one"],
  ])
})

test("a route that ends without a call is a failure that names where", async () => {
  const { result } = await run([], [])
  assert.ok(Result.isFailure(result))
  assert.match(result.failure.detail, /route "r" ended at element "end" without calling a model/)
})
