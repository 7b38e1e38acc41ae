/** Equal calls that are in flight at once are one. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as settled } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { ResponseCache } from "../../lib/cache/ResponseCache.ts"
import type { Call, CallResult, Next, PendingAnswer } from "../../lib/call/call.ts"
import { layerCoalesceInFlight } from "../../lib/call/coalesce-in-flight.ts"
import { RequestCoalescer } from "../../lib/call/RequestCoalescer.ts"
import { providerFailed } from "../../lib/errors/provider-errors.ts"
import type { GatewayError } from "../../lib/errors.ts"
import { rateLimited } from "../../lib/errors/limit-errors.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { StreamRelay } from "../../lib/relay/StreamRelay.ts"
import { SomeAnswer, someCall } from "../support/some-call.ts"

const entry = { cache_ttl: 60 }
const json = { "content-type": "application/json", "x-request-id": "leader's" }

/** A coalescer, the calls that reach the provider, and what the cache is given. */
const setUp = () => {
  const kept: Array<string> = []
  const made: Array<{ readonly call: Call; readonly land: (result: CallResult) => void }> = []
  const cache = {
    limit: 1_000,
    lookup: () => undefined,
    put: (_: unknown, { body }: { readonly body: Uint8Array }) =>
      void kept.push(new TextDecoder().decode(body)),
  }
  const { coalesce } = Effect.runSync(
    RequestCoalescer.pipe(
      Effect.provide(layerCoalesceInFlight),
      Effect.provide(Layer.mergeAll(Layer.succeed(ResponseCache, cache), StreamRelay.layer)),
    ),
  )
  const next: Next = (call) => new Promise((land) => void made.push({ call, land }))
  const join = (key: string, call = someCall({ entry }), caller = "ann") => ({
    call,
    result: coalesce(call, { key, caller, request: new HeaderFields() }, next),
  })
  const answer = (index: number, status = 200, text = "{}"): SomeAnswer => {
    const { call, land } = made[index] ?? assert.fail("no such call")
    const pending = new SomeAnswer(call, status, text, json)
    pending.headers.set("cf-aig-cache-status", "MISS")
    land(Result.succeed(pending))
    return pending
  }
  const fail = (index: number, error: GatewayError): void => made[index]?.land(Result.fail(error))
  return { join, answer, fail, made, kept }
}

const textOf = async (result: Promise<CallResult>): Promise<string> => {
  const { body } = Result.getOrThrow(await result) as PendingAnswer
  if (body === undefined || body instanceof Uint8Array) return assert.fail("no body to read")
  let text = ""
  for (;;) {
    const { done, value } = await body.read()
    if (done) return text
    text += new TextDecoder().decode(value)
  }
}

test("equal calls are made once, and each client gets the answer; only the first pays for it", async () => {
  const { join, answer, made, kept } = setUp()
  const [leader, follower] = [join("k"), join("k")]
  await settled()
  assert.equal(made.length, 1)
  const report = made[0]?.call.report ?? assert.fail()
  report.cost = 2
  answer(0)
  assert.deepEqual(await Promise.all([textOf(leader.result), textOf(follower.result)]), ["{}", "{}"])
  await leader.call.exchange.settle()
  assert.deepEqual([leader.call.report.cost, follower.call.report.cost], [2, 0])
  assert.deepEqual(kept, ["{}"])
  const { headers } = Result.getOrThrow(await follower.result)
  assert.equal(headers.get("cf-aig-cache-status"), "MISS")
})

test("a defect in one step of settling is reported, and the other steps still run", async (t) => {
  const reported = t.mock.method(console, "error", () => {})
  const { join, made, kept } = setUp()
  const { call, result } = join("k")
  await settled()
  const [{ call: shared, land } = assert.fail()] = made
  const pending = new SomeAnswer(shared, 200, "{}", json)
  pending.taps.push({ push: undefined, ended: () => Promise.reject(new Error("a store that fails")) })
  land(Result.succeed(pending))
  await textOf(result)
  await call.exchange.settle()
  assert.deepEqual([kept, reported.mock.callCount()], [["{}"], 1])
})

test("calls with another key, caller or retry policy are made separately", async () => {
  const { join, made } = setUp()
  join("k")
  join("other")
  join("k", undefined, "bob")
  join("k", someCall({ entry: { ...entry, retry_max_attempts: 3 } }))
  await settled()
  assert.equal(made.length, 4)
})

test("every waiting client gets the failure", async () => {
  const { join, fail, made } = setUp()
  const calls = [join("k"), join("k")]
  await settled()
  const [{ call } = assert.fail()] = made
  call.report.ending = "upstream_cut"
  fail(0, providerFailed("host"))
  for (const { call, result } of calls) {
    const failed = await result
    assert.equal(Result.isFailure(failed) && failed.failure.reason, "provider_failed")
    assert.equal(call.report.ending, "upstream_cut")
  }
})

test("a limit that refuses the first call does not refuse those that waited: they call themselves", async () => {
  const { join, fail, answer, made } = setUp()
  const [leader, follower] = [join("k"), join("k")]
  await settled()
  fail(0, rateLimited("", {}))
  assert.ok(Result.isFailure(await leader.result))
  await settled()
  assert.equal(made.length, 2)
  assert.equal(made[1]?.call, follower.call)
  answer(1)
  assert.equal(await textOf(follower.result), "{}")
})

test("the call goes on when its first client leaves, and ends when all have left", async () => {
  const { join, made } = setUp()
  const [leader, follower] = [join("k"), join("k")]
  await settled()
  const { cut } = made[0]?.call ?? assert.fail()
  leader.call.exchange.cut.cut("client_left")
  const left = await leader.result
  assert.equal(Result.isFailure(left) && left.failure.reason, "client_left")
  assert.equal(cut.reason, undefined)
  follower.call.exchange.cut.cut("client_left")
  await follower.result
  assert.equal(cut.reason, "client_left")
})

test("a caller that skips the cache waits for no other call, nor does a stream that is not cached", async () => {
  const { join, made } = setUp()
  const plain = someCall({ entry })
  const options = { ...plain.target.options, cache: { ...plain.target.options.cache, lookup: false } }
  const stream = { model: "m", messages: [], stream: true }
  for (const given of [{ change: { options } }, { body: stream }]) {
    const calls = [someCall({ entry, ...given }), someCall({ entry, ...given })]
    for (const call of calls) join("k", call)
    await settled()
    assert.deepEqual(made.splice(0).map(({ call }) => call), calls)
  }
})
