import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import * as Result from "effect/Result"
import fc from "fast-check"
import {
  type Attempted,
  type Attempting,
  type AttemptReport,
  withRetries,
} from "../../lib/upstream/attempts.ts"
import { type Cut, CutSource, neverCut } from "../../lib/upstream/cut.ts"
import { streamOfBody } from "../../lib/upstream/derived-body.ts"
import type { RetryPolicy } from "../../lib/upstream/retry-policy.ts"
import { Transport } from "../../lib/upstream/Transport.ts"
import { Upstream, type UpstreamAnswer } from "../../lib/upstream/Upstream.ts"
import { guardedStream } from "../support/guarded-stream.ts"
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts"

const policy: RetryPolicy = { maxAttempts: 3, delay: 1_000, backoff: "exponential" }
const limits = { headers: 60_000, idle: 5_000, total: undefined }
const call = { url: "https://up.test/v1/models", method: "GET", headers: new Headers(), body: null }

const textOf = ({ body }: UpstreamAnswer): Promise<string> => new Response(body && streamOfBody(body)).text()

type Options = Omit<Attempting<Attempted>, "once" | "concluded">

/** The outcome as it is. */
const concluded = (outcome: Attempted): Attempted => outcome

/** Attempts over answers that are given, and what became of them. */
const scripted = (...responses: ReadonlyArray<() => Response>) => {
  const released: Array<number> = []
  const virtual = virtualTime()
  const started: Array<number> = []
  const attempt = (): Promise<Attempted> => {
    started.push(virtual.clock.now())
    const number = started.length
    const { status, statusText, headers, body } =
      (responses[number - 1] ?? responses.at(-1) ?? assert.fail())()
    return Promise.resolve(Result.succeed({
      status,
      statusText,
      headers: HeaderFields.of(headers),
      received: headers,
      body: body === null ? undefined : guardedStream(body),
      release: () => void released.push(number),
    }))
  }
  const reports: Array<AttemptReport> = []
  const options = (more: Partial<Options> = {}): Options => ({
    repeatable: true,
    deadline: undefined,
    mayRetry: () => true,
    onAttempt: (report) => void reports.push(report),
    ...more,
  })
  return { ...virtual, attempt, started, released, reports, options }
}

/** Chance that leaves every wait as the backoff has it. */
const random = (): number => 0.5

/** What is handed on in the end. */
const retried = async (
  { attempt, options, ...virtual }: VirtualTime & {
    readonly attempt: () => Promise<Attempted>
    readonly options: (more?: Partial<Options>) => Options
  },
  more: Partial<Options> = {},
  { cut = neverCut, by = policy }: { readonly cut?: Cut; readonly by?: RetryPolicy } = {},
): Promise<UpstreamAnswer> =>
  Result.getOrThrow(
    await virtual.toEnd(
      withRetries({ ...options(more), once: attempt, concluded }, by, { ...virtual, random }, cut),
    ),
  )

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
  const script = scripted()
  const layer = Upstream.layer.pipe(Layer.provide([Transport.layerFetch({ fetch }), script.layer]))
  const { send } = Effect.runSync(Upstream.pipe(Effect.provide(layer)))
  const answer = await retried({ ...script, attempt: () => send(call, limits, neverCut) })
  assert.equal(await textOf(answer), "ok")
  assert.deepEqual(abortedBefore, [[], [true], [true, true]])
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true, false])
  assert.deepEqual(
    script.reports.map(({ attempt, status, error, waited }) => [attempt, status, error, waited]),
    [[1, 503, undefined, 0], [2, undefined, "provider_failed", 1_000], [3, 200, undefined, 2_000]],
  )
})

test("withRetries() hands on the last answer, unread and not released", async () => {
  const script = scripted(answering(503))
  const answer = await retried(script)
  assert.deepEqual([answer.status, await textOf(answer)], [503, "busy"])
  assert.deepEqual([script.started.length, script.released], [3, [1, 2]])
})

test("withRetries() hands on what it has, whole, where there may be no other attempt", async () => {
  const body = JSON.stringify({ error: { retry_after: 1, message: "x".repeat(1000) } })
  const failing = () => new Response(body, { status: 429, headers: { "content-type": "application/json" } })
  for (const most of [1, 2]) {
    const script = scripted(failing)
    const answer = await retried(script, { mayRetry: () => script.started.length < most })
    assert.deepEqual([script.started.length, script.released.length, await textOf(answer)], [
      most,
      most - 1,
      body,
    ])
  }
})

test("withRetries() tries once where the outcome, the policy or the request's body asks for it", async () => {
  const once = async (status: number, maxAttempts: number, repeatable: boolean) => {
    const script = scripted(answering(status))
    await retried(script, { repeatable }, { by: { ...policy, maxAttempts } })
    return script.started.length
  }
  assert.deepEqual([await once(400, 3, true), await once(503, 1, true), await once(503, 3, false)], [1, 1, 1])
})

test("withRetries() waits as long as the server asks, in a header or in a JSON body", async () => {
  const waits = async (response: () => Response) => {
    const script = scripted(response, answering(200))
    await retried(script)
    return script.reports.at(-1)?.waited
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
      const script = scripted(answering(status, body, headers))
      const answer = await retried(script)
      assert.deepEqual([answer.status, await textOf(answer), script.started, script.released], [
        status,
        body,
        [0],
        [],
      ])
      assert.deepEqual(script.reports.map(({ waited }) => waited), [0])
    }
  }
})

test("withRetries() retries all the same where the body breaks or does not end", async () => {
  for (const then of ["breaks", "stays open"] as const) {
    const body = streamOf(['{"retry_after":8}'], then)
    const script = scripted(answering(429, body, json), answering(200))
    await retried(script)
    assert.deepEqual([script.reports.map(({ waited }) => waited), script.released], [[0, 1_000], [1]], then)
    assert.deepEqual(script.started, [0, then === "breaks" ? 1_000 : 3_000], then)
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
  const script = scripted(answering(503, endless, json), answering(200))
  await retried(script)
  assert.deepEqual([script.started.length, pulled], [2, 65_536 + 1_024])
})

test("withRetries() hands on whole what it has read where the server's wish does not fit in the time left", async () => {
  const chunks = ['{"retry_after":60', ', "é":', '"x"}']
  const script = scripted(
    () => new Response(streamOf(chunks, "ends"), { status: 529, statusText: "No capacity", headers: json }),
  )
  const answer = await retried(script, { deadline: 30_000 })
  assert.deepEqual([answer.status, answer.statusText], [529, "No capacity"])
  assert.equal(answer.headers.get("content-type"), json["content-type"])
  assert.equal(await textOf(answer), chunks.join(""))
  assert.deepEqual([script.started.length, script.released], [1, []])
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
    const script = scripted(answering(503, body, json))
    const answer = await retried(script, { deadline: 1_500 })
    assert.equal(script.started.length, 1)
    if (controller !== undefined) then(controller)
    return textOf(answer)
  }
  const whole = await handedOn((body) => {
    body.enqueue(new TextEncoder().encode("1}"))
    body.close()
  })
  assert.equal(whole, '{"a":1}')
  await assert.rejects(handedOn((body) => body.error(new Error("reset"))), /not complete: upstream_cut/)
})

/** What is left of attempts that are cut after so many milliseconds. */
const cutAfter = async (milliseconds: number, response: () => Response) => {
  const script = scripted(response)
  const { attempt, options, advance } = script
  const cut = new CutSource()
  const result = withRetries({ ...options(), once: attempt, concluded }, policy, { ...script, random }, cut)
  await advance(milliseconds)
  const released = [...script.released]
  cut.cut("draining")
  await advance(60_000)
  const { ending, error } = Result.getOrThrow(Result.flip(await result))
  assert.deepEqual([ending, error.reason], ["draining", "draining"])
  return { before: released, after: script.released, attempts: script.started.length }
}

test("withRetries() that is cut while it waits tries no more", async () => {
  assert.deepEqual(await cutAfter(500, answering(503)), { before: [1], after: [1], attempts: 1 })
})

test("withRetries() that is cut while it reads a failed answer releases that, once", async () => {
  const body = () => new Response(streamOf(['{"retry_after":'], "stays open"), { status: 503, headers: json })
  assert.deepEqual(await cutAfter(1_000, body), { before: [], after: [1], attempts: 1 })
})

test("withRetries() does not report an attempt that was cut", async () => {
  const script = scripted()
  const cut = new CutSource()
  const layer = Upstream.layer.pipe(
    Layer.provide([Transport.layerFetch({ fetch: () => new Promise(() => {}) }), script.layer]),
  )
  const { send } = Effect.runSync(Upstream.pipe(Effect.provide(layer)))
  const attempt = () => send(call, limits, cut)
  const result = withRetries(
    { ...script.options(), once: attempt, concluded },
    policy,
    { ...script, random },
    cut,
  )
  cut.cut("client_left")
  assert.equal(Result.getOrThrow(Result.flip(await result)).ending, "client_left")
  assert.deepEqual(script.reports, [])
})

test("withRetries() keeps to the attempts, to the server's wish and to the deadline, whatever happens", async () => {
  const steps = fc.array(
    fc.record({
      status: fc.constantFrom(200, 400, 429, 503, 504, 529),
      retryAfter: fc.option(fc.integer({ min: 0, max: 100 })),
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
    fc.asyncProperty(policies, steps, deadlines, async (anyPolicy, given, deadline) => {
      const script = scripted(
        ...given.map(({ status, retryAfter }) => () =>
          new Response(null, {
            status,
            headers: retryAfter === null ? {} : { "retry-after": String(retryAfter) },
          })
        ),
      )
      const { attempt, started, released, reports, startTimer } = script
      const stepOf = (index: number) => given[index] ?? given.at(-1) ?? assert.fail()
      const taking = async (): Promise<Attempted> => {
        const answer = await attempt()
        await new Promise<void>((resolve) => startTimer(stepOf(started.length - 1).takes, resolve))
        return answer
      }
      await retried({ ...script, attempt: taking }, { deadline }, { by: anyPolicy })
      assert.ok(reports.length <= anyPolicy.maxAttempts)
      assert.deepEqual(released, reports.slice(0, -1).map((report) => report.attempt))
      for (const [index, next] of reports.slice(1).entries()) {
        const last = reports[index] ?? assert.fail()
        const startedAt = started[index + 1] ?? assert.fail()
        assert.equal(startedAt, (started[index] ?? 0) + last.duration + next.waited)
        assert.ok(startedAt < (deadline ?? Infinity))
        const wish = (stepOf(index).retryAfter ?? 0) * 1_000
        assert.ok(next.waited >= wish && next.waited <= 60_000)
      }
    }),
    { numRuns: 100 },
  )
})
