/** The way to the collector, in virtual time, with collectors of all kinds. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import { readSettings } from "../../../lib/config/environment.ts"
import { Settings } from "../../../lib/config/Settings.ts"
import { Store } from "../../../lib/store/Store.ts"
import { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import { Metrics } from "../../../lib/telemetry/metrics/Metrics.ts"
import { OtlpExporter } from "../../../lib/telemetry/otlp/OtlpExporter.ts"
import { itemsOf, type OtlpSpan } from "./reader.ts"
import { readPrometheus } from "../metrics/prometheus-lines.ts"
import { record } from "../sample-record.ts"

/** What reached the collector. */
interface Received {
  readonly url: string
  readonly headers: Headers
  readonly body: string
}

/** A collector that gives the listed answers, then succeeds. */
const collector = (...answers: ReadonlyArray<() => Response | Promise<Response>>) => {
  const received: Array<Received> = []
  const left = [...answers]
  const aborted: Array<string> = []
  return {
    received,
    aborted,
    spans: () =>
      received.filter(({ url }) => url.endsWith("traces"))
        .map(({ body }) => itemsOf<OtlpSpan>(body, "Spans", "spans")),
    post: (url: string, init: RequestInit): Promise<Response> => {
      received.push({ url, headers: new Headers(init.headers), body: String(init.body) })
      init.signal?.addEventListener("abort", () => aborted.push(url))
      return Promise.resolve().then(() => left.shift()?.() ?? Response.json({}))
    },
  }
}
const status = (code: number, headers: HeadersInit = {}) => () =>
  new Response("{}", { status: code, headers })
const unreachable = () => Promise.reject(new TypeError("no connection"))
const silent = () => new Promise<Response>(() => {})

const tracesOnly = {
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://collector.test/v1/traces",
  OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20collector-key",
}

/** Lets what was begun go on: promises are no part of virtual time. */
const settle = Effect.promise(async () => {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
})
const pass = (milliseconds: number) =>
  Effect.andThen(settle, Effect.andThen(TestClock.adjust(milliseconds), settle))

const withExporter = async (
  { post, variables = {}, detached = true }: {
    post: (url: string, init: RequestInit) => Promise<Response>
    variables?: Record<string, string>
    detached?: boolean
  },
  use: (services: {
    exporter: OtlpExporter["Service"]
    metrics: Metrics["Service"]
    close: Effect.Effect<void>
  }) => Effect.Effect<void>,
): Promise<ReadonlyArray<string>> => {
  const settings = Settings.layerOf(Result.getOrThrow(readSettings({ ...tracesOnly, ...variables })))
  const layer = OtlpExporter.layer({ detached, post }).pipe(
    Layer.provideMerge(Metrics.layer),
    Layer.provide(Layer.merge(RequestLog.layerMemory(), Store.layerMemory())),
    Layer.provide(settings),
  )
  const warnings: Array<string> = []
  const { error } = console
  console.error = (line: string) => void warnings.push(line)
  try {
    await Effect.runPromise(
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const services = yield* Layer.buildWithScope(layer, scope)
        const close = Scope.close(scope, Exit.void)
        const all = Effect.gen(function* () {
          yield* use({ exporter: yield* OtlpExporter, metrics: yield* Metrics, close })
        })
        yield* Effect.provide(all, services)
        yield* Effect.forkChild(close)
        yield* pass(5_000)
      }).pipe(Effect.provide(TestClock.layer())),
    )
  } finally {
    console.error = error
  }
  return warnings
}

const dropped = (metrics: Metrics["Service"]) =>
  Effect.map(
    metrics.text,
    (text) =>
      readPrometheus(text).filter(({ name }) => name === "basegate_otlp_dropped_total").map(({ value }) =>
        value
      )
        .reduce((sum, value) => sum + value, 0),
  )
const one = (exporter: OtlpExporter["Service"]) =>
  Effect.promise(() => Promise.resolve(exporter.record(record, "info", undefined)))

test("spans wait for others, and are sent together", async () => {
  const { post, received, spans } = collector()
  const warnings = await withExporter({ post }, ({ exporter }) =>
    Effect.gen(function* () {
      yield* one(exporter)
      yield* one(exporter)
      yield* pass(4_999)
      assert.equal(received.length, 0)
      yield* pass(1)
      assert.deepEqual(spans().map(({ length }) => length), [4])
      const [first] = received
      assert.equal(first?.url, "https://collector.test/v1/traces")
      assert.equal(first?.headers.get("authorization"), "Bearer collector-key")
      assert.equal(first?.headers.get("content-type"), "application/json")
      assert.match(first?.body ?? "", /"service.name","value":\{"stringValue":"basegate"/)
      yield* pass(60_000)
      assert.equal(received.length, 1, "nothing is sent while nothing happens")
      yield* one(exporter)
      yield* pass(5_000)
      assert.deepEqual(spans().map(({ length }) => length), [4, 2])
    }))
  assert.deepEqual(warnings, [])
})

test("a full batch is sent immediately", async () => {
  const { post, spans } = collector()
  const variables = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "4" }
  await withExporter({ post, variables }, ({ exporter }) =>
    Effect.gen(function* () {
      for (let index = 0; index < 5; index++) yield* one(exporter)
      yield* settle
      assert.deepEqual(spans().map(({ length }) => length), [4, 4])
      yield* pass(5_000)
      assert.deepEqual(spans().map(({ length }) => length), [4, 4, 2])
    }))
})

for (const code of [429, 502, 503, 504]) {
  test(`${code} is tried again, with waits that double`, async () => {
    const { post, received } = collector(status(code), status(code))
    const warnings = await withExporter({ post }, ({ exporter, metrics }) =>
      Effect.gen(function* () {
        yield* one(exporter)
        yield* pass(5_000)
        yield* pass(1_500)
        assert.equal(received.length, 2)
        yield* pass(3_000)
        assert.equal(received.length, 3)
        assert.equal(new Set(received.map(({ body }) => body)).size, 1)
        assert.equal(yield* dropped(metrics), 0)
      }))
    assert.deepEqual(warnings, [])
  })
}

test("Retry-After is honoured", async () => {
  const { post, received } = collector(status(503, { "retry-after": "20" }))
  await withExporter({ post }, ({ exporter }) =>
    Effect.gen(function* () {
      yield* one(exporter)
      yield* pass(5_000)
      yield* pass(19_999)
      assert.equal(received.length, 1)
      yield* pass(1)
      assert.equal(received.length, 2)
    }))
})

for (const code of [301, 400, 401, 404, 413, 500]) {
  test(`${code} is not tried again: the batch is dropped and counted, with a warning`, async () => {
    const { post, received } = collector(status(code, { location: "https://elsewhere.test" }))
    const warnings = await withExporter({ post }, ({ exporter, metrics }) =>
      Effect.gen(function* () {
        yield* one(exporter)
        yield* pass(5_000)
        yield* pass(100_000)
        assert.equal(received.length, 1)
        assert.equal(yield* dropped(metrics), 2)
      }))
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? "", new RegExp(`collector.test answered ${code}`))
    assert.doesNotMatch(warnings[0] ?? "", /collector-key/)
  })
}

test("the part of a batch that a collector rejects is counted, and not sent again", async () => {
  const { post, received } = collector(() =>
    Response.json({ partialSuccess: { rejectedSpans: "1", errorMessage: "" } })
  )
  await withExporter({ post }, ({ exporter, metrics }) =>
    Effect.gen(function* () {
      yield* one(exporter)
      yield* pass(5_000)
      assert.equal(yield* dropped(metrics), 1)
      assert.equal(received.length, 1)
    }))
})

test("a dead collector costs no more than a bounded queue, and one warning", async (context) => {
  // Pauses vary by half around their mean, so that a run of short ones is possible.
  context.mock.method(Math, "random", () => 0.5)
  const dead = Array<() => Promise<Response>>(1000).fill(unreachable)
  const { post, received } = collector(...dead)
  const variables = { OTEL_BSP_MAX_QUEUE_SIZE: "100", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "10" }
  const warnings = await withExporter(
    { post, variables },
    ({ exporter, metrics }) =>
      Effect.gen(function* () {
        for (let index = 0; index < 1000; index++) yield* one(exporter)
        yield* settle
        assert.ok((yield* dropped(metrics)) >= 2000 - 110, "what found no room is counted")
        for (let seconds = 0; seconds < 200; seconds++) yield* pass(1_000)
        assert.ok(received.length <= 40, `${received.length} tries in 200 s`)
      }),
  )
  assert.equal(warnings.length, 1)
})

test("a silent collector is abandoned after the timeout, and its connection closed", async () => {
  const { post, received, aborted } = collector(silent)
  const variables = { OTEL_EXPORTER_OTLP_TIMEOUT: "2000" }
  await withExporter({ post, variables }, ({ exporter, metrics }) =>
    Effect.gen(function* () {
      yield* one(exporter)
      yield* pass(5_000)
      yield* pass(2_000)
      assert.deepEqual([received.length, aborted.length], [1, 1])
      yield* pass(1_500)
      assert.equal(received.length, 2)
      assert.equal(yield* dropped(metrics), 0)
    }))
})

test("a second outage gives another warning", async () => {
  const { post } = collector(status(400), status(400), status(200), status(400))
  const warnings = await withExporter({ post }, ({ exporter }) =>
    Effect.gen(function* () {
      for (let index = 0; index < 4; index++) {
        yield* one(exporter)
        yield* pass(5_000)
      }
    }))
  assert.equal(warnings.length, 2)
})

const everything = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.test" }
const count = (received: ReadonlyArray<Received>, signal: string) =>
  received.filter(({ url }) => url.endsWith(signal)).length

test("closing sends everything queued immediately, instruments included", async () => {
  const { post, received } = collector()
  await withExporter({ post, variables: everything }, ({ exporter, close }) =>
    Effect.gen(function* () {
      yield* one(exporter)
      yield* settle
      yield* close
      for (const signal of ["traces", "logs", "metrics"]) assert.equal(count(received, signal), 1, signal)
    }))
})

test("closing waits three seconds for a dead collector, not longer", async () => {
  const { post } = collector(silent, silent, silent)
  await withExporter({ post, variables: everything }, ({ exporter, close }) =>
    Effect.gen(function* () {
      yield* one(exporter)
      let closed = false
      yield* Effect.forkChild(Effect.andThen(close, Effect.sync(() => closed = true)))
      yield* pass(2_999)
      assert.equal(closed, false)
      yield* pass(1)
      assert.equal(closed, true)
    }))
})

test("an exporter without records sends and prints nothing", async () => {
  const { post, received } = collector()
  await withExporter({ post, variables: everything }, () => pass(200_000))
  assert.equal(received.length, 0)
})

test("instruments are sent at intervals", async () => {
  const { post, received } = collector()
  const variables = { ...everything, OTEL_METRIC_EXPORT_INTERVAL: "10000" }
  await withExporter({ post, variables }, ({ exporter, metrics }) =>
    Effect.gen(function* () {
      metrics.record(record)
      yield* one(exporter)
      yield* pass(9_999)
      assert.equal(count(received, "metrics"), 0)
      yield* pass(1)
      assert.equal(count(received, "metrics"), 1)
      for (let rounds = 0; rounds < 3; rounds++) yield* pass(10_000)
      assert.equal(count(received, "metrics"), 4)
      const names = itemsOf<{ name: string }>(received.at(-1)?.body ?? "", "Metrics", "metrics")
      assert.ok(names.some(({ name }) => name === "gen_ai.client.operation.duration"))
    }))
})

test("on Workers a record is done when its spans are sent, and no timer runs", async () => {
  const { post, received, spans } = collector()
  const variables = { ...everything, OTEL_METRIC_EXPORT_INTERVAL: "10000" }
  await withExporter({ post, variables, detached: false }, ({ exporter }) =>
    Effect.gen(function* () {
      yield* one(exporter)
      assert.deepEqual(spans().map(({ length }) => length), [2])
      assert.equal(count(received, "metrics"), 1)
      yield* one(exporter)
      assert.deepEqual([spans().length, count(received, "metrics")], [2, 1])
      yield* pass(10_000)
      assert.equal(count(received, "metrics"), 1)
      yield* one(exporter)
      assert.equal(count(received, "metrics"), 2)
    }))
})

test("on Workers no request waits for another's export; one that was lost with its request is made up for", async () => {
  const { post, spans } = collector(silent)
  await withExporter({ post, detached: false }, ({ exporter }) =>
    Effect.gen(function* () {
      yield* Effect.forkChild(one(exporter))
      yield* settle
      yield* one(exporter)
      assert.deepEqual(
        spans().map(({ length }) => length),
        [2],
        "the second has not been sent, nor waited for",
      )
      yield* pass(21_000)
      yield* one(exporter)
      assert.equal(spans().flat().length, 6)
    }))
})
