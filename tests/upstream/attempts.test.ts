import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"
import { type AttemptReport, type RetryOptions, withRetries } from "../../lib/upstream/attempts.ts"
import { readChunks } from "../../lib/upstream/body-reader.ts"
import { startTimeouts } from "../../lib/upstream/timeouts.ts"
import type { RetryPolicy } from "../../lib/upstream/retry-policy.ts"
import { Transport } from "../../lib/upstream/Transport.ts"
import { layerVirtualAlarm } from "../support/virtual-timer.ts"
import { Upstream, type UpstreamAnswer, type UpstreamFailure } from "../../lib/upstream/Upstream.ts"

const policy: RetryPolicy = { maxAttempts: 3, delay: 1_000, backoff: "exponential" }
const limits = { headers: 60_000, idle: 5_000, total: undefined }
const call = { url: "https://up.test/v1/models", method: "GET", headers: new Headers(), body: null }
const tick = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Virtual time, and chance that leaves every wait as the backoff has it. */
const virtual = <A, E>(effect: Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(effect.pipe(
    Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.5 }),
    Effect.provide(TestClock.layer()),
  ))

/** Lets an effect run to its end, moving time by 100 ms whenever it waits. */
const toEnd = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    for (let steps = 0; steps < 10_000; steps++) {
      yield* tick
      if (fiber.pollUnsafe() !== undefined) return yield* Fiber.join(fiber)
      yield* TestClock.adjust("100 millis")
    }
    return assert.fail("no end")
  })

/** What came of it in the end, as an effect's own result. */
const tried = (...given: Parameters<typeof withRetries>) =>
  Effect.flatMap(withRetries(...given), Effect.fromResult)

/** Attempts over answers that are given, and what became of them. */
const scripted = (...responses: ReadonlyArray<() => Response>) => {
  const released: Array<number> = []
  const attempts: Array<number> = []
  const attempt = (number: number): Effect.Effect<UpstreamAnswer, UpstreamFailure> =>
    Effect.sync(() => {
      attempts.push(number)
      return {
        response: (responses[number - 1] ?? responses.at(-1) ?? assert.fail())(),
        decoded: new Set<string>(),
        openReader: readChunks,
        clocks: startTimeouts(limits, 0),
        now: () => 0,
        onExpiry: () => {},
        settled: () => {},
        release: () => void released.push(number),
      }
    })
  const reports: Array<AttemptReport> = []
  const options = (more: Partial<RetryOptions> = {}): RetryOptions => ({
    repeatable: true,
    deadline: undefined,
    again: Effect.succeed(true),
    onAttempt: (report) => reports.push(report),
    ...more,
  })
  return { attempt, attempts, released, reports, options }
}

const answering = (status: number, body: BodyInit | null = "busy", headers: HeadersInit = {}) => () =>
  new Response(body, { status, headers })
const json = { "content-type": "application/json; charset=utf-8" }

/** A body in chunks, which then ends, breaks, or stays open. */
const streamOf = (chunks: ReadonlyArray<string>, then: "ends" | "breaks" | "stays open") => {
  const left = [...chunks]
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      const chunk = left.shift()
      if (chunk !== undefined) controller.enqueue(new TextEncoder().encode(chunk))
      else if (then === "ends") controller.close()
      else if (then === "breaks") controller.error(new Error("reset"))
      else return new Promise(() => {})
    },
  }, { highWaterMark: 0 })
}

test("withRetries() retries over a real Upstream: failed answers are aborted before the wait", async () => {
  const signals: Array<AbortSignal> = []
  const abortedBefore: Array<ReadonlyArray<boolean>> = []
  const fetch = (_: string, { signal }: RequestInit): Promise<Response> => {
    abortedBefore.push(signals.map(({ aborted }) => aborted))
    if (signal) signals.push(signal)
    if (signals.length === 1) return Promise.resolve(new Response("busy", { status: 503 }))
    return signals.length === 2
      ? Promise.reject(new TypeError("refused"))
      : Promise.resolve(new Response("ok"))
  }
  const { reports, options } = scripted()
  const layer = Upstream.layer.pipe(Layer.provide([Transport.layerFetch({ fetch }), layerVirtualAlarm]))
  const answer = await virtual(
    Upstream.use((upstream) => toEnd(tried(() => upstream.send(call, limits), policy, options()))).pipe(
      Effect.provide(layer),
    ),
  )
  assert.equal(await answer.response.text(), "ok")
  assert.deepEqual(abortedBefore, [[], [true], [true, true]])
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true, false])
  assert.deepEqual(
    reports.map(({ attempt, status, error, waited }) => [attempt, status, error, waited]),
    [[1, 503, undefined, 0], [2, undefined, "provider_failed", 1_000], [3, 200, undefined, 2_000]],
  )
  answer.release()
})

test("withRetries() hands on the last answer, unread and not released", async () => {
  const { attempt, attempts, released, options } = scripted(answering(503))
  const answer = await virtual(toEnd(tried(attempt, policy, options())))
  assert.deepEqual([answer.response.status, await answer.response.text()], [503, "busy"])
  assert.deepEqual([attempts, released], [[1, 2, 3], [1, 2]])
})

test("withRetries() hands on what it has, whole, where there may be no other try", async () => {
  const body = JSON.stringify({ error: { retry_after: 1, message: "x".repeat(1000) } })
  const failing = () => new Response(body, { status: 429, headers: { "content-type": "application/json" } })
  for (const most of [1, 2]) {
    const { attempt, attempts, options, released } = scripted(failing)
    const again = Effect.sync(() => attempts.length < most)
    const { response } = await virtual(toEnd(tried(attempt, policy, options({ again }))))
    assert.deepEqual([attempts.length, released.length, await response.text()], [most, most - 1, body])
  }
})

test("withRetries() tries once where the outcome, the policy or the request's body asks for it", async () => {
  const once = async (status: number, maxAttempts: number, repeatable: boolean) => {
    const { attempt, attempts, options } = scripted(answering(status))
    await virtual(toEnd(tried(attempt, { ...policy, maxAttempts }, options({ repeatable }))))
    return attempts.length
  }
  assert.deepEqual([await once(400, 3, true), await once(503, 1, true), await once(503, 3, false)], [1, 1, 1])
})

test("withRetries() waits as long as the server asks, in a header or in a JSON body", async () => {
  const waits = async (response: () => Response) => {
    const { attempt, reports, options } = scripted(response, answering(200))
    await virtual(toEnd(tried(attempt, policy, options())))
    return reports.at(-1)?.waited
  }
  assert.equal(await waits(answering(429, "", { "retry-after": "7" })), 7_000)
  assert.equal(await waits(answering(429, '{"retry_after":8}', json)), 8_000)
  assert.equal(await waits(answering(429, '{"error":{"retry_after":"9"}}', json)), 9_000)
  assert.equal(await waits(answering(429, streamOf(['{"retry_', 'after":5}'], "ends"), json)), 5_000)
  assert.equal(await waits(answering(429, '{"retry_after":8}', { ...json, "retry-after": "7" })), 7_000)
  assert.equal(await waits(answering(429, '{"retry_after":8}', { "content-type": "text/plain" })), 1_000)
  assert.equal(await waits(answering(429, null, json)), 1_000)
})

test("withRetries() hands on at once an answer that asks for more than a minute, in whatever form", async () => {
  const hour = new Date(3_600_000).toUTCString()
  const asking: ReadonlyArray<readonly [body: string, headers: Record<string, string>]> = [
    ["busy", { "retry-after": "3600" }],
    ["busy", { "retry-after": "60.5" }],
    ["busy", { "retry-after": hour }],
    ["busy", { "retry-after-ms": "3600000" }],
    ["busy", { "retry-after-ms": "90000", "retry-after": "1" }],
    ['{"retry_after":3600}', json],
    ['{"error":{"message":"busy","retry_after":"90.5"}}', json],
  ]
  for (const [body, headers] of asking) {
    for (const status of [429, 503, 529]) {
      const { attempt, attempts, reports, released, options } = scripted(answering(status, body, headers))
      const { response } = await virtual(tried(attempt, policy, options()))
      assert.deepEqual([response.status, await response.text(), attempts, released], [status, body, [1], []])
      assert.deepEqual(reports.map(({ waited }) => waited), [0])
    }
  }
})

test("withRetries() retries all the same where the body breaks or does not end", async () => {
  for (const then of ["breaks", "stays open"] as const) {
    const body = streamOf(['{"retry_after":8}'], then)
    const { attempt, reports, released, options } = scripted(answering(429, body, json), answering(200))
    await virtual(toEnd(tried(attempt, policy, options())))
    assert.deepEqual([reports.map(({ waited }) => waited), released], [[0, 1_000], [1]], then)
    const elapsed = (reports[1]?.started ?? 0) - (reports[0]?.started ?? 0)
    assert.ok(
      then === "breaks" ? elapsed < 1_500 : elapsed >= 3_000 && elapsed < 3_500,
      `${then}: ${elapsed}`,
    )
  }
})

test("withRetries() reads no more than it needs of a failed answer", async () => {
  let pulled = 0
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      pulled += 1_024
      controller.enqueue(new Uint8Array(1_024).fill(0x20))
    },
  }, { highWaterMark: 0 })
  const { attempt, attempts, options } = scripted(answering(503, endless, json), answering(200))
  await virtual(toEnd(tried(attempt, policy, options())))
  assert.deepEqual([attempts, pulled], [[1, 2], 65_536 + 1_024])
})

test("withRetries() hands on whole what it has read where the wish does not fit in the time left", async () => {
  const chunks = ['{"retry_after":60', ', "é":', '"x"}']
  const { attempt, attempts, released, options } = scripted(
    () => new Response(streamOf(chunks, "ends"), { status: 529, statusText: "No capacity", headers: json }),
  )
  const { response } = await virtual(toEnd(tried(attempt, policy, options({ deadline: 30_000 }))))
  assert.deepEqual([response.status, response.statusText], [529, "No capacity"])
  assert.equal(response.headers.get("content-type"), json["content-type"])
  assert.equal(await response.text(), chunks.join(""))
  assert.deepEqual([attempts, released], [[1], []])
})

test("withRetries() loses neither byte nor failure of a body that goes on after it stopped reading", async () => {
  const handedOn = async (then: (body: ReadableStreamDefaultController<Uint8Array>) => void) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (given) => {
        controller = given
        given.enqueue(new TextEncoder().encode('{"a":'))
      },
    })
    const { attempt, attempts, options } = scripted(answering(503, body, json))
    const { response } = await virtual(toEnd(tried(attempt, policy, options({ deadline: 1_500 }))))
    assert.deepEqual(attempts, [1])
    if (controller !== undefined) then(controller)
    return response.text()
  }
  const whole = await handedOn((body) => {
    body.enqueue(new TextEncoder().encode("1}"))
    body.close()
  })
  assert.equal(whole, '{"a":1}')
  await assert.rejects(handedOn((body) => body.error(new Error("reset"))), /reset/)
})

test("withRetries() releases once when interrupted while it waits, and tries no more", async () => {
  const { attempt, attempts, released, options } = scripted(answering(503))
  await virtual(Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(tried(attempt, policy, options()))
    yield* TestClock.adjust("500 millis")
    assert.deepEqual(released, [1])
    yield* Fiber.interrupt(fiber)
    yield* TestClock.adjust("1 minute")
  }))
  assert.deepEqual([attempts, released], [[1], [1]])
})

test("withRetries() releases once when interrupted while it reads the failed answer", async () => {
  const body = streamOf(['{"retry_after":'], "stays open")
  const { attempt, attempts, released, options } = scripted(answering(503, body, json))
  await virtual(Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(tried(attempt, policy, options()))
    yield* TestClock.adjust("1 second")
    assert.deepEqual(released, [])
    yield* Fiber.interrupt(fiber)
    yield* TestClock.adjust("1 minute")
  }))
  assert.deepEqual([attempts, released], [[1], [1]])
})

test("withRetries() keeps to the tries, to the server's wish and to the deadline, whatever happens", async () => {
  const steps = fc.array(
    fc.record({
      status: fc.constantFrom(200, 400, 429, 503, 504, 529),
      wish: fc.option(fc.integer({ min: 0, max: 100 })),
      takes: fc.integer({ min: 0, max: 20_000 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  const policies = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 5 }),
    delay: fc.integer({ min: 0, max: 10_000 }),
    backoff: fc.constantFrom("constant" as const, "linear" as const, "exponential" as const),
  })
  const deadlines = fc.option(fc.integer({ min: 0, max: 120_000 }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(policies, steps, deadlines, async (anyPolicy, script, deadline) => {
      const { attempt, released, reports, options } = scripted(
        ...script.map(({ status, wish }) => () =>
          new Response(null, { status, headers: wish === null ? {} : { "retry-after": String(wish) } })
        ),
      )
      const taking = (number: number) =>
        Effect.delay(attempt(number), (script[number - 1] ?? script.at(-1))?.takes ?? 0)
      await virtual(Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(tried(taking, anyPolicy, options({ deadline })))
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(fiber)
      }))
      assert.ok(reports.length <= anyPolicy.maxAttempts)
      assert.deepEqual(released, reports.slice(0, -1).map((report) => report.attempt))
      for (const [index, next] of reports.slice(1).entries()) {
        const last = reports[index] ?? assert.fail()
        assert.equal(next.started, last.started + last.duration + next.waited)
        assert.ok(next.started < (deadline ?? Infinity))
        const wish = ((script[index] ?? script.at(-1))?.wish ?? 0) * 1_000
        assert.ok(next.waited >= wish && next.waited <= 60_000)
      }
    }),
    { numRuns: 100 },
  )
})
