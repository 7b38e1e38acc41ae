/** The limits around a call: in which order they admit, and what they give back. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { limited, limits } from "../../lib/call/limited.ts"
import { Call } from "../../lib/call/call.ts"
import { rateLimited, spendLimited } from "../../lib/errors.ts"
import type { Quota } from "../../lib/limit/ratelimit-fields.ts"
import { pricesOf, scripted, someCall, someGateway, someTarget } from "../support/some-call.ts"

const entry = {
  rate_limiting_limit: 5,
  rate_limiting_interval: 60,
  spend_limits: {
    enabled: true,
    rules: [{ id: "s", enabled: true, limit: 1, limitType: "cost", window: 60, technique: "fixed" }],
  },
}
const quota: Quota = {
  guarantee: "local",
  states: [{ rule: { id: "r", limit: 5, interval: 60, unit: "requests" }, remaining: 4, untilMore: 1 }],
}

const run = async (
  { call = someCall({ entry }), outcomes = scripted(200), rate = () => Result.succeed(quota), spend }: {
    readonly call?: Call
    readonly outcomes?: ReturnType<typeof scripted>
    readonly rate?: () => Result.Result<Quota, ReturnType<typeof rateLimited>>
    readonly spend?: ReturnType<typeof spendLimited>
  } = {},
) => {
  const log: Array<string> = []
  const stage = limited(
    {
      rateLimit: {
        acquire: () => {
          log.push("acquire")
          return rate()
        },
        prepareTokenCharge: () => (tokens) => void log.push(`tokens ${tokens}`),
      },
      spendLimit: {
        check: () => Result.succeed(undefined),
        states: () => [],
        enter: ({ rules }) => {
          const id = rules[0]?.id
          log.push(`enter ${id}`)
          if (spend !== undefined) return Result.fail(spend)
          return Result.succeed({
            charge: (cost) => void log.push(`charge ${id} ${cost}`),
            release: () => void log.push(`release ${id}`),
          })
        },
      },
      prices: pricesOf({}),
    },
    call.gateway,
    (call) => {
      log.push("call")
      return outcomes.next(call)
    },
  )
  return { result: await stage(call), log, call, ...outcomes }
}

test("an admitted call is charged once it has ended, and its answer says what is left", async () => {
  const { result, log, call } = await run()
  assert.deepEqual(log, ["enter s", "acquire", "call"])
  const answer = Result.getOrThrow(result)
  assert.equal(answer.headers.get("ratelimit"), '"r";r=4;t=1')
  call.report.tokensIn = 2
  call.report.tokensOut = 3
  call.report.cost = 0.5
  for (const tap of answer.taps) await tap.ended("complete", true)
  assert.deepEqual(log.slice(3), ["tokens 5", "charge s 0.5"])
})

test("what a call counts as is given back if its answer is released for another", async () => {
  const { result, log } = await run()
  Result.getOrThrow(result).release()
  assert.deepEqual(log.slice(3), ["release s"])
})

test("what a call counts as is given back if no answer comes of it", async () => {
  const { result, log } = await run({ outcomes: scripted("provider_failed") })
  assert.ok(Result.isFailure(result))
  assert.deepEqual(log, ["enter s", "acquire", "call", "release s"])
})

test("a refused call is not made, and gives back what it had", async () => {
  const rated = await run({ rate: () => Result.fail(rateLimited("", {})) })
  assert.equal(Result.isFailure(rated.result) && rated.result.failure.reason, "rate_limited")
  assert.deepEqual(rated.log, ["enter s", "acquire", "release s"])
  const spent = await run({ spend: spendLimited("", {}) })
  assert.equal(Result.isFailure(spent.result) && spent.result.failure.reason, "spend_limited")
  assert.deepEqual(spent.log, ["enter s"])
})

test("a further try counts as a request of its own, and the last count is the one that is shown", async () => {
  let left = 4
  const rate = () => {
    const [state = assert.fail()] = quota.states
    return Result.succeed({ ...quota, states: [{ ...state, remaining: left-- }] })
  }
  const outcomes = scripted(200)
  const { next } = outcomes
  const { result, log } = await run({
    rate,
    outcomes: {
      ...outcomes,
      next: async (call) => {
        assert.equal(await call.admitsRetry?.(), true)
        return next(call)
      },
    },
  })
  assert.deepEqual(log, ["enter s", "acquire", "call", "acquire"])
  assert.equal(Result.getOrThrow(result).headers.get("ratelimit"), '"r";r=3;t=1')
})

test("the budgets of a route are entered beside the gateway's own", async () => {
  const { exchange, gateway, caller, target } = someCall({ entry })
  const budget = {
    limits: { enabled: true, rules: gateway.spendLimits.rules.map((rule) => ({ ...rule, id: "route" })) },
    subject: { gateway: gateway.id, key: "k", model: undefined, metadata: {}, provider: "baseten" },
  }
  const { log } = await run({ call: new Call({ exchange, gateway, caller }, target, [budget]) })
  assert.deepEqual(log, ["enter s", "enter route", "acquire", "call"])
})

test("a call whose model nobody can tell does not pass a spend rule", async () => {
  const target = someTarget({ gateway: someGateway(entry) })
  const call = someCall({ entry, change: { body: { ...target.body, isOpaque: true } } })
  const { result, log } = await run({ call })
  assert.equal(Result.isFailure(result) && result.failure.reason, "bad_request")
  assert.deepEqual(log, [])
})

test("a gateway limits if it has rules, spend limits or routes", () => {
  assert.equal(limits(someGateway()), false)
  assert.equal(limits(someGateway({ rate_limiting_limit: 5, rate_limiting_interval: 60 })), true)
  assert.equal(limits(someGateway({ spend_limits: entry.spend_limits })), true)
})
