/** The limits around a call: in which order they admit, and what they give back. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { hasLimits, limited } from "../../lib/call/limited.ts"
import { Call } from "../../lib/call/call.ts"
import { rateLimited, type spendLimited } from "../../lib/errors/limit-errors.ts"
import type { AdmissionRequest } from "../../lib/limit/Limits.ts"
import type { Quota } from "../../lib/limit/ratelimit-fields.ts"
import { priceOf } from "../../lib/pricing/price.ts"
import { noLimits } from "../support/no-limits.ts"
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
  { call = someCall({ entry }), outcomes = scripted(200), rate = () => quota, refusal }: {
    readonly call?: Call
    readonly outcomes?: ReturnType<typeof scripted>
    readonly rate?: () => Quota
    readonly refusal?: ReturnType<typeof spendLimited>
  } = {},
) => {
  const log: Array<string> = []
  const asked: Array<AdmissionRequest> = []
  const stage = limited(
    {
      limits: {
        ...noLimits.limits,
        admit: (each) => {
          asked.push(each)
          log.push(["admit", ...each.budgets.map(({ limits: { rules } }) => rules[0]?.id)].join(" "))
          if (refusal !== undefined) return Result.fail(refusal)
          return Result.succeed({
            quota: rate(),
            settle: (tokens, cost) => void log.push(`settle ${tokens} ${cost}`),
            release: () => void log.push("release"),
            spent: () => [],
          })
        },
        acquire: () => {
          log.push("acquire")
          return Result.succeed(rate())
        },
      },
      prices: pricesOf({ "openai/gpt-oss-120b": priceOf(10n ** 12n, undefined, 10n ** 12n) }),
    },
    call.gateway,
    (call) => {
      log.push("call")
      return outcomes.next(call)
    },
  )
  return { result: await stage(call), log, call, asked, ...outcomes }
}

test("an admitted call is settled once it has ended, and its answer says what is left", async () => {
  const { result, log, call } = await run()
  assert.deepEqual(log, ["admit s", "call"])
  const answer = Result.getOrThrow(result)
  assert.equal(answer.headers.get("ratelimit"), '"r";r=4;t=1')
  call.report.tokensIn = 2
  call.report.tokensOut = 3
  call.report.cost = 0.5
  for (const tap of answer.taps) await tap.ended("complete", true)
  assert.deepEqual(log.slice(2), ["settle 5 0.5"])
})

test("what was counted is returned if the answer is released for another", async () => {
  const { result, log } = await run()
  Result.getOrThrow(result).release()
  assert.deepEqual(log.slice(2), ["release"])
})

test("what was counted is returned if no answer comes", async () => {
  const { result, log } = await run({ outcomes: scripted("provider_failed") })
  assert.ok(Result.isFailure(result))
  assert.deepEqual(log, ["admit s", "call", "release"])
})

test("a refused call is not made", async () => {
  const rated = await run({ refusal: rateLimited("", {}) })
  assert.equal(Result.isFailure(rated.result) && rated.result.failure.reason, "rate_limited")
  assert.deepEqual(rated.log, ["admit s"])
})

test("each retry counts as a request, and the last count is shown", async () => {
  let left = 4
  const rate = () => {
    const [state = assert.fail()] = quota.states
    return { ...quota, states: [{ ...state, remaining: left-- }] }
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
  assert.deepEqual(log, ["admit s", "call", "acquire"])
  assert.equal(Result.getOrThrow(result).headers.get("ratelimit"), '"r";r=3;t=1')
})

test("reserving budgets get the most that a call may cost, and a lease of its own", async () => {
  const reserving = { ...entry, spend_limits: { ...entry.spend_limits, reserve: true }, total_timeout: 5000 }
  const model = "openai/gpt-oss-120b"
  const body = { model, messages: [], max_tokens: 100, n: 2 }
  const call = someCall({ entry: reserving, model, body })
  const { asked: [asked = assert.fail()] } = await run({ call })
  const bytes = JSON.stringify(body).length
  assert.equal(asked.worst, (bytes + 200) / 1e6)
  assert.deepEqual(asked.lease, { id: `${call.exchange.id}.0`, ttl: 65_000 })
  const { asked: [plain = assert.fail()] } = await run()
  assert.deepEqual([plain.worst, plain.lease], [0, undefined])
})

test("the budgets of a route are charged as well as the gateway's own", async () => {
  const { exchange, gateway, caller, target } = someCall({ entry })
  const budget = {
    limits: { enabled: true, rules: gateway.spendLimits.rules.map((rule) => ({ ...rule, id: "route" })) },
    subject: { gateway: gateway.id, key: "k", model: undefined, metadata: {}, provider: "baseten" },
  }
  const { log } = await run({ call: new Call({ exchange, gateway, caller }, target, [budget]) })
  assert.deepEqual(log, ["admit s route", "call"])
})

test("a token's own limits come after the gateway's, and its rates are checked together with those", async () => {
  const ofToken = (entry: object, own: object) => {
    const tokens = [{ name: "ann", token: "value-ann", ...own }]
    const { exchange, gateway, target } = someCall({ entry: { ...entry, tokens } })
    const [token] = gateway.tokens
    return new Call({ exchange, gateway, caller: { token, tokenHeaders: new Set() } }, target, [])
  }
  const [budget] = entry.spend_limits.rules
  const spend_limits = { enabled: true, rules: [{ ...budget, id: "own" }] }
  const rate_limits = [{ id: "mine", limit: 1, interval: 60 }]
  const rulesOf = ({ asked: [asked] }: Awaited<ReturnType<typeof run>>) => asked?.rules.map(({ id }) => id)

  const both = await run({ call: ofToken(entry, { spend_limits, rate_limits }) })
  assert.deepEqual(both.log, ["admit s token/ann/own", "call"])
  assert.deepEqual(rulesOf(both), ["gateway", "token/ann/mine"])
  const rates = await run({ call: ofToken(entry, { rate_limits }) })
  assert.deepEqual([rates.log, rulesOf(rates)], [["admit s", "call"], ["gateway", "token/ann/mine"]])
  const none = await run({ call: ofToken(entry, {}) })
  assert.deepEqual([none.log, rulesOf(none)], [["admit s", "call"], ["gateway"]])

  const alone = await run({ call: ofToken({}, { spend_limits }) })
  assert.deepEqual(alone.log, ["admit token/ann/own", "call"], "a gateway without limits of its own")
  const others = someCall({ entry: { tokens: [{ name: "ann", token: "value-ann", spend_limits }] } })
  assert.equal(hasLimits(others.gateway), true)
  assert.deepEqual((await run({ call: others })).log, ["call"], "a caller whose token has none")
})

test("a call whose model is unknown does not pass a spend rule", async () => {
  const target = someTarget({ gateway: someGateway(entry) })
  const call = someCall({ entry, change: { body: { ...target.body, isOpaque: true } } })
  const { result, log } = await run({ call })
  assert.equal(Result.isFailure(result) && result.failure.reason, "bad_request")
  assert.deepEqual(log, [])
})

test("a gateway limits if it has rules, spend limits or routes", () => {
  assert.equal(hasLimits(someGateway()), false)
  assert.equal(hasLimits(someGateway({ rate_limiting_limit: 5, rate_limiting_interval: 60 })), true)
  assert.equal(hasLimits(someGateway({ spend_limits: entry.spend_limits })), true)
})
