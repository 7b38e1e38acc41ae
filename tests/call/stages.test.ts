/** The onion of a call: a gateway has the stages that its settings switch on, and no other. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Alerts } from "../../lib/alert/Alerts.ts"
import { heldBytes } from "../../lib/body/prepared-body.ts"
import { callProvider, type CallServices } from "../../lib/call/stages.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { pricesOf, someCall, someUpstream } from "../support/some-call.ts"
import { noLimits } from "../support/no-limits.ts"
import { virtualTime } from "../support/virtual-time.ts"

const body = { model: "m", messages: [], stream: true }

/** Makes two calls, and says which services the way down of the second passed. */
const passed = async (entry: object) => {
  const log: Array<string> = []
  const { clock, startTimer } = virtualTime()
  const { limits } = noLimits
  const services: CallServices = {
    forwarder: {
      forward: () => {
        log.push("forward")
        const credential = { kind: "secret", secret: Redacted.make("sk") } as const
        return Result.succeed({ headers: new HeaderFields(), credential })
      },
    },
    cache: {
      limit: 1,
      lookup: () => void log.push("lookup"),
      put: () => {},
    },
    coalescer: {
      coalesce: (call, _, next) => {
        log.push("coalesce")
        return next(call)
      },
    },
    limits: {
      ...limits,
      admit: (asked) => {
        log.push("limits")
        return limits.admit(asked)
      },
    },
    prices: pricesOf({}),
    alerts: Alerts.none,
    circuits: {
      enter: () => {
        log.push("circuit")
        return Result.succeed({ state: "closed", done: () => false })
      },
      readHint: () => undefined,
      shareHint: () => undefined,
      troubled: () => [],
    },
    upstream: {
      send: (request) => {
        const text = new TextDecoder().decode(request.body as Uint8Array)
        log.push(text.includes("include_usage") ? "send, usage asked for" : "send")
        return Promise.resolve(Result.succeed(someUpstream()))
      },
    },
    resolver: { resolve: () => assert.fail("resolved"), resolveWithin: () => assert.fail("resolved") },
    relay: { relay: () => assert.fail("relayed"), follow: () => () => {}, drain: () => {} },
    clock,
    startTimer,
  }
  const call = someCall({ entry, body })
  const composed = callProvider(services, call.gateway)
  Result.getOrThrow(await composed(someCall({ entry, body })))
  log.length = 0
  Result.getOrThrow(await composed(call))
  assert.deepEqual(JSON.parse(new TextDecoder().decode(heldBytes(call.target.body))), body)
  return log
}

const limit = { rate_limiting_limit: 5, rate_limiting_interval: 60 }
const spend = {
  spend_limits: {
    enabled: true,
    rules: [{ id: "s", enabled: true, limit: 1, limitType: "cost", window: 60, technique: "fixed" }],
  },
}

for (
  const [name, entry, stages] of [
    ["none", { stream_usage: false }, ["forward", "send"]],
    ["by default, the usage of streams", {}, ["forward", "send, usage asked for"]],
    ["a circuit breaker", { stream_usage: false, circuit_breaker: {} }, ["forward", "circuit", "send"]],
    ["a rate limit", { stream_usage: false, ...limit }, ["forward", "limits", "send"]],
    ["a spend limit", { stream_usage: false, ...spend }, ["forward", "limits", "send"]],
    ["a cache", { stream_usage: false, cache_ttl: 60 }, ["forward", "lookup", "coalesce", "send"]],
    ["all", { ...limit, ...spend, cache_ttl: 60, circuit_breaker: {} }, [
      "forward",
      "lookup",
      "coalesce",
      "limits",
      "circuit",
      "send, usage asked for",
    ]],
  ] as ReadonlyArray<[string, object, ReadonlyArray<string>]>
) {
  test(`the stages that settings switch on: ${name}`, async () =>
    assert.deepEqual(await passed(entry), stages))
}
