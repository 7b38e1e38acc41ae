/** Transports, bodies, stores and logs that never come to anything: calls end all the same, each with one record. */
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ChunkReader } from "../../lib/upstream/body-reader.ts"
import { guaranteesAmong } from "../../lib/store/guarantee.ts"
import { createGateway, RequestLog, type RequestRecord, Store, Telemetry, Transport } from "../../mod.ts"

const never = new Promise<never>(() => {})
// Not hanging, whose timer keeps the process of the tests.
const hanging = Effect.promise(() => never)

const config = (more: object = {}) =>
  JSON.stringify({
    gateways: { "a/g": { headers_timeout: 60, dedicated_headers_timeout: 60, idle_timeout: 60, ...more } },
  })

/** A transport that pays no heed to an abort. */
const transport = (
  send: () => Promise<Response>,
  reader?: ChunkReader,
): Layer.Layer<Transport> =>
  Layer.succeed(Transport, {
    send,
    decodes: new Set<string>(),
    ...(reader && { openReader: () => reader }),
  })

const withTransport = async (
  layer: Layer.Layer<Transport>,
  use: (call: (path?: string, stream?: boolean) => Promise<Response>) => Promise<void>,
  more?: object,
): Promise<ReadonlyArray<RequestRecord>> => {
  const records: Array<RequestRecord> = []
  const gateway = createGateway({
    env: { BASEGATE_CONFIG: config(more), LOG_LEVEL: "none" },
    transport: layer,
    layer: Telemetry.layerSink((record) => records.push(record)),
  })
  await use((path = "baseten/v1/chat/completions", stream = false) =>
    gateway.fetch(
      new Request(`https://app.example/v1/a/g/${path}`, {
        method: "POST",
        headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
        body: JSON.stringify({ model: "some/model", stream, messages: [{ role: "user", content: "hi" }] }),
      }),
    )
  )
  await gateway.dispose()
  return records
}

const endings = (records: ReadonlyArray<RequestRecord>) =>
  records.map(({ status, ending }) => [status, ending])

test("for a client that has left before its request is served no call is made", async () => {
  const records: Array<RequestRecord> = []
  const gateway = createGateway({
    env: { BASEGATE_CONFIG: config({ headers_timeout: 5000 }), LOG_LEVEL: "none" },
    transport: transport(() => never),
    layer: Telemetry.layerSink((record) => records.push(record)),
  })
  const response = await gateway.fetch(
    new Request("https://app.example/v1/a/g/baseten/v1/models", {
      headers: { authorization: "Bearer sk-own" },
      signal: AbortSignal.abort(),
    }),
  )
  await gateway.dispose()
  assert.equal(response.status, 499)
  assert.deepEqual(endings(records), [[499, "client_left"]])
})

describe("what never settles", { concurrency: true }, () => {
  test("a transport: the clock to the headers ends the call, and each of its tries", async () => {
    const records = await withTransport(
      transport(() => never),
      async (call) => assert.equal((await call()).status, 504),
      { retry_max_attempts: 2, retry_delay: 0 },
    )
    assert.deepEqual(endings(records), [[504, "first_byte_timeout"]])
    assert.deepEqual(records[0]?.attempts.map(({ error }) => error), ["provider_timeout", "provider_timeout"])
  })

  test("a transport: the total time ends the call", async () => {
    const records = await withTransport(
      transport(() => never),
      async (call) => assert.equal((await call()).status, 504),
      { headers_timeout: 600_000, total_timeout: 60 },
    )
    assert.deepEqual(endings(records), [[504, "total_timeout"]])
  })

  test("an answer that comes too late is released", async () => {
    let cancelled = 0
    let come = (_: Response): void => {}
    const late = new Promise<Response>((resolve) => come = resolve)
    const records = await withTransport(transport(() => late), async (call) => {
      assert.equal((await call()).status, 504)
      come(new Response(new ReadableStream({ cancel: () => void cancelled++ })))
      await late
    })
    assert.deepEqual(endings(records), [[504, "first_byte_timeout"]])
    assert.equal(cancelled, 1)
  })

  const readers: ReadonlyArray<readonly [string, ChunkReader]> = [
    ["nor does its cancellation", { read: () => never, cancel: () => never }],
    ["and its cancellation fails", { read: () => never, cancel: () => Promise.reject(new Error("no")) }],
  ]
  for (const [how, reader] of readers) {
    const answers: ReadonlyArray<readonly [string, string, boolean, Record<string, string>]> = [
      ["a short answer", "baseten/v1/chat/completions", false, {
        "content-type": "application/json",
        "content-length": "20",
      }],
      ["a stream", "baseten/v1/chat/completions", true, { "content-type": "text/event-stream" }],
      ["bytes", "baseten/model/abcd1234/predict", false, { "content-type": "audio/wav" }],
    ]
    for (const [what, path, stream, headers] of answers) {
      test(`the body of ${what}, ${how}: the idle clock ends the call`, async () => {
        const records = await withTransport(
          transport(() => Promise.resolve(new Response("x", { headers })), reader),
          async (call) => {
            const response = await call(path, stream)
            assert.equal(response.status, 200)
            if (stream) assert.match(await response.text(), /"code":"first_byte_timeout"/)
            else await assert.rejects(response.text())
          },
        )
        assert.deepEqual(endings(records), [[200, "first_byte_timeout"]])
      })
    }
  }

  test("a transport: the end of the gateway ends the call", async () => {
    let answer: Promise<Response> | undefined
    const records = await withTransport(transport(() => never), (call) => {
      answer = call()
      return Promise.resolve()
    }, { headers_timeout: 600_000 })
    assert.equal((await answer)?.status, 503)
    assert.deepEqual(endings(records), [[503, "draining"]])
  })

  const ok = transport(() => Promise.resolve(new Response("{}")))
  const call = () =>
    new Request("https://app.example/v1/a/g/baseten/v1/models", {
      headers: { authorization: "Bearer sk-own" },
    })

  test("a store: when the gateway stops, requests that wait for it are answered", async () => {
    const store = Layer.succeed(
      Store,
      {
        guarantees: guaranteesAmong("process"),
        now: () => 0,
        take: () => never,
        charge: () => never,
        settle: () => never,
        peek: () => never,
        get: () => never,
        set: () => never,
        once: () => never,
      },
    )
    const records: Array<RequestRecord> = []
    const gateway = createGateway({
      env: { BASEGATE_CONFIG: config({ rate_limiting_limit: 5, rate_limiting_interval: 60 }) },
      transport: ok,
      store,
      layer: Telemetry.layerSink((record) => records.push(record)),
    })
    const answer = gateway.fetch(call())
    await gateway.dispose()
    assert.equal((await answer).status, 503)
    assert.deepEqual(endings(records), [[503, "draining"]])
  })

  test("a log, or a layer that does not close: the gateway ends without it", async () => {
    const log = Layer.effect(
      RequestLog,
      Effect.map(Effect.addFinalizer(() => hanging), () => ({
        append: () => new Promise<void>(() => {}),
      } as unknown as RequestLog["Service"])),
    ) as Layer.Layer<RequestLog>
    const gateway = createGateway({ env: { LOG_LEVEL: "none" }, transport: ok, log })
    assert.equal((await gateway.fetch(call())).status, 200)
    const start = performance.now()
    await gateway.dispose()
    assert.ok(performance.now() - start < 8000)
  })
})
