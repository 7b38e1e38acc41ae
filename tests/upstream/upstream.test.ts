import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { networkForbidden } from "../../lib/errors/provider-errors.ts"
import { Transport } from "../../lib/upstream/Transport.ts"
import { Upstream } from "../../lib/upstream/Upstream.ts"
import { layerVirtualAlarm } from "../support/virtual-timer.ts"

const limits = { headers: 60_000, idle: 5_000, total: undefined }
const call = { url: "https://up.test/v1/models", method: "GET", headers: new Headers(), body: null }

/** Runs with a fake transport and virtual time. */
const withFetch = <A, E>(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  effect: Effect.Effect<A, E, Upstream>,
): Promise<A> =>
  Effect.runPromise(effect.pipe(
    Effect.provide(
      Upstream.layer.pipe(Layer.provide([Transport.layerFetch({ fetch }), layerVirtualAlarm])),
    ),
    Effect.provide(TestClock.layer()),
  ))

test("Upstream.send fails with 504 and aborts when no headers come in time", async () => {
  let aborted = false
  const never = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) =>
      signal?.addEventListener("abort", () => {
        aborted = true
        reject(new Error("aborted"))
      })
    )
  const failure = await withFetch(
    never,
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip((yield* Upstream).send(call, limits)))
      yield* TestClock.adjust("59 seconds")
      assert.equal(aborted, false)
      yield* TestClock.adjust("1 second")
      return yield* Fiber.join(fiber)
    }),
  )
  assert.deepEqual([failure.ending, failure.error.status, failure.error.code, aborted], [
    "first_byte_timeout",
    504,
    2005,
    true,
  ])
})

test("Upstream.send fails with 502 when there is no connection", async () => {
  const failure = await withFetch(
    () => Promise.reject(new TypeError("refused")),
    Effect.flip(Upstream.use((_) => _.send(call, limits))),
  )
  assert.deepEqual([failure.ending, failure.error.status, failure.error.code], ["upstream_cut", 502, 2005])
})

test("Upstream.send fails with what a transport says of itself", async () => {
  const forbidden = networkForbidden("up.test", "Deno", "--allow-net (-N)")
  const failure = await withFetch(
    () => Promise.reject(forbidden),
    Effect.flip(Upstream.use((_) => _.send(call, limits))),
  )
  assert.deepEqual([failure.ending, failure.error, failure.error.status], ["upstream_cut", forbidden, 502])
})

test("Upstream.send tells of silence within the body, but not while the client pauses", async () => {
  const expiries: Array<string> = []
  await withFetch(
    () => Promise.resolve(new Response("x")),
    Effect.gen(function* () {
      const answer = yield* (yield* Upstream).send(call, limits)
      answer.onExpiry((expiry) => expiries.push(expiry))
      answer.clocks.chunkReceived()
      yield* TestClock.adjust("1 hour")
      assert.deepEqual(expiries, [])
      answer.clocks.readStarted(answer.now())
      yield* TestClock.adjust("10 seconds")
    }),
  )
  assert.deepEqual(expiries, ["idle"])
})
