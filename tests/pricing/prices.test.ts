import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { readSettings } from "../../lib/config/environment.ts"
import { Settings } from "../../lib/config/Settings.ts"
import { staticPriceOf } from "../../lib/pricing/static-prices.ts"
import { Store } from "../../lib/store/Store.ts"
import { Prices } from "../../lib/pricing/Prices.ts"
import { sharedListKey } from "../../lib/pricing/shared-list.ts"
import { effectOf } from "../../lib/time/effect-of.ts"
import { Transport } from "../../lib/upstream/Transport.ts"

type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Runs in virtual time, which starts at 0, with a stand-in for Baseten. */
const withPrices = <A, E>(
  fetch: Fetch,
  effect: Effect.Effect<A, E, Prices>,
  env: Readonly<Record<string, string>> = { BASETEN_API_KEY: "sk-stored" },
  store: Layer.Layer<Store> = Store.layerMemory(),
): Promise<A> => {
  const settings = Result.getOrThrow(readSettings(env))
  const base = Layer.mergeAll(Settings.layerOf(settings), Transport.layerFetch({ fetch }), store)
  return Effect.runPromise(effect.pipe(
    Effect.provide(Prices.layer.pipe(Layer.provide(base))),
    Effect.provide(TestClock.layer()),
  ))
}

const listOf = (...models: ReadonlyArray<readonly [slug: string, prompt: string]>) =>
  Response.json({
    object: "list",
    data: models.map(([id, prompt]) => ({ id, pricing: { prompt, completion: "0.000002" } })),
  })

const slug = "openai/gpt-oss-120b"
const micro = 1_000_000_000_000n
/** The input price of a model in millionths of a dollar. */
const priced = (prices: Prices["Service"], model = slug): number | undefined => {
  const input = prices.priceOf(model)?.input
  return input === undefined ? undefined : Number(input) / Number(micro)
}

let warnings: Array<string> = []
beforeEach(() => {
  warnings = []
  mock.method(console, "error", (line: string) => warnings.push(line))
})
afterEach(() => mock.restoreAll())

test("Prices: those of the static table until Baseten's own list has come, and for what is not on it", () =>
  withPrices(
    () => Promise.resolve(listOf([slug, "0.000007"], ["a/new", "1e-6"])),
    Effect.gen(function* () {
      const prices = yield* Prices
      assert.deepEqual(prices.priceOf(slug), staticPriceOf(slug))
      assert.equal(priced(prices, "a/new"), undefined)
      yield* prices.refreshIfDue
      assert.deepEqual([priced(prices), priced(prices, "a/new"), priced(prices, "b/unknown")], [
        7,
        1,
        undefined,
      ])
      assert.deepEqual(prices.priceOf("moonshotai/Kimi-K3"), staticPriceOf("moonshotai/Kimi-K3"))
    }),
  ))

test("Prices.refreshIfDue asks Model APIs with the stored key, at most once an hour", async () => {
  const calls: Array<readonly [string, string | undefined, string | null]> = []
  const fetch: Fetch = (url, { method, headers }) => {
    calls.push([url, method, new Headers(headers).get("authorization")])
    return Promise.resolve(listOf([slug, `0.00000${calls.length}`]))
  }
  await withPrices(
    fetch,
    Effect.gen(function* () {
      const prices = yield* Prices
      for (let minute = 0; minute < 60; minute++) {
        yield* prices.refreshIfDue
        yield* TestClock.adjust("1 minute")
      }
      assert.deepEqual(calls, [["https://up.test/base/v1/models", "GET", "Bearer sk-stored"]])
      yield* prices.refreshIfDue
      assert.deepEqual([calls.length, priced(prices)], [2, 2])
    }),
    { BASETEN_API_KEY: "sk-stored", BASETEN_INFERENCE_URL: "https://up.test/base/" },
  )
})

/** Several instances that share a store, with how often the list was asked for. */
const withInstances = (
  fetch: Fetch,
  use: (instances: ReadonlyArray<Prices["Service"]>, store: Store["Service"]) => Effect.Effect<void>,
  count = 3,
  part: Partial<Store["Service"]> = {},
) => {
  const settings = Settings.layerOf(Result.getOrThrow(readSettings({ BASETEN_API_KEY: "sk-stored" })))
  return Effect.runPromise(
    Effect.gen(function* () {
      const store = { ...yield* Store, ...part }
      const base = Layer.mergeAll(settings, Transport.layerFetch({ fetch }), Layer.succeed(Store, store))
      const instances = yield* Effect.all(
        Array.from(
          { length: count },
          () => Effect.provide(Prices, Layer.fresh(Prices.layer).pipe(Layer.provide(base))),
        ),
      )
      yield* use(instances, store)
    }).pipe(Effect.provide(Store.layerMemory()), Effect.provide(TestClock.layer())),
  )
}
const refreshAll = (instances: ReadonlyArray<Prices["Service"]>) =>
  Effect.forEach(instances, ({ refreshIfDue }) => refreshIfDue, { discard: true })

test("Prices.refreshIfDue: one of the instances that share a store reads the list, in each hour", async () => {
  let calls = 0
  await withInstances(
    () => Promise.resolve(listOf([slug, `0.00000${++calls}`])),
    (instances) =>
      Effect.gen(function* () {
        for (let hour = 1; hour <= 3; hour++) {
          yield* refreshAll(instances)
          assert.deepEqual([calls, ...instances.map((prices) => priced(prices))], [hour, hour, hour, hour])
          yield* TestClock.adjust("59 minutes")
          yield* refreshAll(instances)
          assert.equal(calls, hour)
          yield* TestClock.adjust("1 minute")
        }
      }),
  )
})

test("Prices.refreshIfDue: while one instance reads, the others look again after 30 s, and read it themselves if it failed", async () => {
  let calls = 0
  await withInstances(
    () =>
      ++calls === 1 ? Promise.reject(new TypeError("refused")) : Promise.resolve(listOf([slug, "0.000007"])),
    (instances) =>
      Effect.gen(function* () {
        yield* refreshAll(instances)
        yield* TestClock.adjust("29 seconds")
        yield* refreshAll(instances)
        assert.equal(calls, 1)
        yield* TestClock.adjust("1 second")
        yield* refreshAll(instances)
        assert.deepEqual([calls, ...instances.slice(1).map((prices) => priced(prices))], [2, 7, 7])
        // The one that failed looks again when its five minutes are over.
        yield* TestClock.adjust("270 seconds")
        yield* refreshAll(instances)
        assert.deepEqual([calls, ...instances.map((prices) => priced(prices))], [2, 7, 7, 7])
      }),
  )
})

test("Prices.refreshIfDue: a list that another instance read ends an outage, after which the next one is a warning", async () => {
  let calls = 0
  await withInstances(
    () =>
      ++calls === 2 ? Promise.resolve(listOf([slug, "0.000007"])) : Promise.reject(new TypeError("refused")),
    (instances) =>
      Effect.gen(function* () {
        for (const pause of ["30 seconds", "5 minutes", "1 hour"] as const) {
          yield* refreshAll(instances)
          yield* TestClock.adjust(pause)
        }
        assert.deepEqual([calls, warnings.length], [2, 1])
        yield* refreshAll(instances.slice(0, 1))
        assert.deepEqual([calls, warnings.length], [3, 2])
      }),
    2,
  )
})

test("Prices.refreshIfDue: instances whose store keeps no values read the list after 30 s, each for itself", async () => {
  let calls = 0
  await withInstances(
    () => Promise.resolve(listOf([slug, `0.0000${10 + ++calls}`])),
    (instances) =>
      Effect.gen(function* () {
        yield* refreshAll(instances)
        assert.equal(calls, 1)
        yield* TestClock.adjust("30 seconds")
        yield* refreshAll(instances)
        assert.deepEqual([calls, priced(instances.at(-1) ?? assert.fail())], [20, 30])
      }),
    20,
    { get: () => undefined, set: () => {} },
  )
})

test("Prices.refreshIfDue: what is no list in the store, or is of another hour, does not count", async () => {
  const texts = [
    "",
    "[]",
    "null",
    "\u0000",
    `{"read_at":0}`,
    `{"read_at":0,"data":[]}`,
    `{"read_at":"0","data":[{"id":"${slug}","pricing":{"prompt":"1"}}]}`,
    `{"data":[{"id":"${slug}","pricing":{"prompt":"1"}}]}`,
    `{"read_at":-3600000,"data":[{"id":"${slug}","pricing":{"prompt":"1"}}]}`,
  ]
  for (const text of texts) {
    await withInstances(
      () => Promise.resolve(listOf([slug, "0.000007"])),
      ([prices = assert.fail()], store) =>
        Effect.gen(function* () {
          const key = sharedListKey("https://inference.baseten.co/v1/models")
          yield* effectOf(() => store.set(key, new TextEncoder().encode(text), 3_600_000))
          yield* prices.refreshIfDue
          assert.equal(priced(prices), 7, text)
        }),
      1,
    )
  }
})

test("Prices.refreshIfDue: after a failure the last good list serves on, and is asked for after 5 minutes", async () => {
  const failures: ReadonlyArray<readonly [string, () => Promise<Response>]> = [
    ["status 401", () => Promise.resolve(new Response("no", { status: 401 }))],
    ["status 302", () => Promise.resolve(new Response(null, { status: 302 }))],
    ["no answer", () => Promise.reject(new TypeError("refused"))],
    ["no prices in the answer", () => Promise.resolve(new Response("<html>"))],
    ["no prices in the answer", () => Promise.resolve(Response.json({ data: [] }))],
    ["no prices in the answer", () => Promise.resolve(new Response(null, { status: 200 }))],
  ]
  for (const [reason, failure] of failures) {
    let calls = 0
    warnings = []
    const fetch: Fetch = () => ++calls === 1 ? Promise.resolve(listOf([slug, "0.000007"])) : failure()
    await withPrices(
      fetch,
      Effect.gen(function* () {
        const prices = yield* Prices
        yield* prices.refreshIfDue
        yield* TestClock.adjust("1 hour")
        yield* prices.refreshIfDue
        assert.deepEqual([calls, priced(prices)], [2, 7])
        yield* TestClock.adjust("299 seconds")
        yield* prices.refreshIfDue
        assert.equal(calls, 2)
        yield* TestClock.adjust("1 second")
        yield* prices.refreshIfDue
        assert.deepEqual([calls, priced(prices)], [3, 7])
      }),
    )
    assert.deepEqual(warnings.map((line) => JSON.parse(line)), [
      { level: "warn", msg: "Baseten's prices could not be read: the last ones serve on", error: reason },
    ])
  }
})

/** Never answers, and notes when it is given up. */
const hanging = () => {
  const seen = { calls: 0, aborted: 0 }
  const fetch: Fetch = (_, { signal }) => {
    seen.calls++
    return new Promise((_resolve, reject) =>
      signal?.addEventListener("abort", () => {
        seen.aborted++
        reject(new Error("aborted"))
      })
    )
  }
  return { seen, fetch }
}

test("Prices.refreshIfDue: one at a time, which is given up after 30 s; nobody else waits for it", async () => {
  const { seen, fetch } = hanging()
  await withPrices(
    fetch,
    Effect.gen(function* () {
      const { refreshIfDue } = yield* Prices
      const first = yield* Effect.forkChild(refreshIfDue, { startImmediately: true })
      yield* refreshIfDue
      assert.deepEqual(seen, { calls: 1, aborted: 0 })
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(first)
      assert.deepEqual(seen, { calls: 1, aborted: 1 })
      assert.match(warnings.join(), /no list within 30 s/)
      yield* refreshIfDue
      assert.equal(seen.calls, 1)
    }),
  )
})

test("Prices.refreshIfDue: one that was dropped with its request is done again after 5 minutes", async () => {
  const { seen, fetch } = hanging()
  await withPrices(
    fetch,
    Effect.gen(function* () {
      const { refreshIfDue } = yield* Prices
      const dropped = yield* Effect.forkChild(refreshIfDue, { startImmediately: true })
      yield* Fiber.interrupt(dropped)
      assert.deepEqual(seen, { calls: 1, aborted: 1 })
      yield* TestClock.adjust("5 minutes")
      yield* Effect.forkChild(refreshIfDue, { startImmediately: true })
      assert.equal(seen.calls, 2)
    }),
  )
})

test("Prices.refreshIfDue reads no more than 32 MiB", async () => {
  let cancelled = false
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 1024 * 1024
      controller.enqueue(new Uint8Array(1024 * 1024).fill(32))
    },
    cancel: () => {
      cancelled = true
    },
  })
  await withPrices(
    () => Promise.resolve(new Response(body)),
    Effect.flatMap(Prices, (prices) => prices.refreshIfDue),
  )
  assert.ok(cancelled && sent <= 35 * 1024 * 1024)
  assert.match(warnings.join(), /more than 33554432 bytes/)
})

test("Prices.refreshIfDue: without a key for all gateways nothing is asked", async () => {
  const { seen, fetch } = hanging()
  const keyOf = (gateway: string) => ({
    BASEGATE_CONFIG: JSON.stringify({
      gateways: { [gateway]: { provider_keys: { baseten: { default: "env:TEAM_KEY" } } } },
    }),
    TEAM_KEY: "sk-team",
  })
  for (const env of [{}, keyOf("acme/team")]) {
    await withPrices(fetch, Effect.flatMap(Prices, (prices) => prices.refreshIfDue), env)
  }
  assert.equal(seen.calls, 0)
  let authorization: string | null = null
  await withPrices(
    (_, { headers }) => {
      authorization = new Headers(headers).get("authorization")
      return Promise.resolve(listOf())
    },
    Effect.flatMap(Prices, (prices) => prices.refreshIfDue),
    keyOf("*"),
  )
  assert.equal(authorization, "Bearer sk-team")
})

test("Prices: no warning shows the key", async () => {
  await withPrices(
    () => Promise.reject(new Error("Bearer sk-stored")),
    Effect.flatMap(Prices, (prices) => prices.refreshIfDue),
  )
  assert.match(warnings.join(), /those of \d{4}-\d\d-\d\d serve on/)
  assert.doesNotMatch(warnings.join(), /sk-stored/)
})
