/** The circuit around a try: what speaks against a host, and what does not. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { circuitGuarded } from "../../lib/call/circuit-guarded.ts"
import type { TryResult } from "../../lib/call/send.ts"
import { GatewayError, type Reason } from "../../lib/errors.ts"
import { circuitOpen } from "../../lib/errors/provider-errors.ts"
import type { UpstreamFailure } from "../../lib/upstream/upstream-failure.ts"
import { someCall, someUpstream } from "../support/some-call.ts"
import { virtualClock } from "../support/virtual-clock.ts"

const settings = { windowMs: 1, minimumCalls: 1, failureRate: 1, openMs: 1 }
const failure = (reason: Reason, ending: UpstreamFailure["ending"]): TryResult =>
  Result.fail({ error: new GatewayError({ reason, detail: reason }), ending })

/** One try, and what was reported of its host. */
const run = async (outcome: TryResult, requestTimeout?: number) => {
  const plain = someCall()
  const call = someCall({ change: { options: { ...plain.target.options, requestTimeout } } })
  const reports: Array<boolean> = []
  const hosts: Array<string> = []
  const circuits = {
    enter: (host: string) => {
      hosts.push(host)
      return Result.succeed({ state: "half_open" as const, done: (ok: boolean) => reports.push(ok) > 0 })
    },
    readHint: () => undefined,
    shareHint: () => undefined,
    troubled: () => [],
  }
  const notes = { circuit: null }
  const tried = () => Promise.resolve(outcome)
  const guarded = circuitGuarded({ circuits, clock: virtualClock() }, call.gateway, settings, tried)
  assert.equal(await guarded(call, undefined, notes), outcome)
  assert.deepEqual(notes, { circuit: "half_open" })
  assert.deepEqual(hosts, ["inference.baseten.co"])
  return reports
}

for (
  const [name, outcome, reports] of [
    ["200", Result.succeed(someUpstream(200)), [true]],
    ["429", Result.succeed(someUpstream(429)), [true]],
    ["529", Result.succeed(someUpstream(529)), [false]],
    ["no connection", failure("provider_failed", "upstream_cut"), [false]],
    ["no headers in the gateway's time", failure("provider_timeout", "first_byte_timeout"), [false]],
    ["the call's total time is over", failure("provider_timeout", "total_timeout"), []],
    ["the client left", failure("client_left", "client_left"), []],
    ["the client's own body broke off", failure("bad_request", "complete"), []],
  ] as const
) {
  const said = reports.length === 0 ? "says nothing about its host" : reports[0] ? "is well" : "is a failure"
  test(`${name}: ${said}`, async () => assert.deepEqual(await run(outcome), reports))
}

test("a time-out that its caller set shorter says nothing about the host", async () => {
  assert.deepEqual(await run(failure("provider_timeout", "first_byte_timeout"), 50), [])
})

test("an open circuit sends nothing, and the record says why", async () => {
  const circuits = {
    enter: (host: string) => Result.fail(circuitOpen(host, 3)),
    readHint: () => undefined,
    shareHint: () => undefined,
    troubled: () => [],
  }
  const call = someCall()
  const notes: { circuit: string | null } = { circuit: null }
  const guarded = circuitGuarded(
    { circuits, clock: virtualClock() },
    call.gateway,
    settings,
    () => assert.fail("sent"),
  )
  const result = await guarded(call, undefined, notes)
  assert.ok(Result.isFailure(result))
  assert.equal(result.failure.error.reason, "circuit_open")
  assert.deepEqual(notes, { circuit: "open" })
})
