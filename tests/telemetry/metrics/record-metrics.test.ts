import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { labelPairs, seriesLimit } from "../../../lib/telemetry/metrics/instruments.ts"
import { namesLimit, requestMetrics } from "../../../lib/telemetry/metrics/record-metrics.ts"
import { catalogue } from "../../../lib/telemetry/metrics/catalogue.ts"
import { prometheusText } from "../../../lib/telemetry/metrics/prometheus-text.ts"
import type { RequestRecord } from "../../../lib/record/request-record.ts"
import { isAttributeName, metrics } from "../conventions.ts"
import { readPrometheus } from "./prometheus-lines.ts"
import { attempt, record, retried } from "../sample-record.ts"

const none = () => false

/** What the instruments say of some records: labels, in order, with sums. */
const metered = (records: ReadonlyArray<RequestRecord>, isListed: (name: string) => boolean = none) => {
  const meter = requestMetrics(isListed)
  for (const one of records) meter.record(one)
  return (name: string) =>
    meter.families.filter(({ instrument }) => instrument.name === name).flatMap(({ points }) =>
      [...points].map(({ labels, value, count }) => ({
        labels: Object.fromEntries(labelPairs(labels)),
        value: Math.round(value * 1e6) / 1e6,
        count,
      }))
    )
}

test("names, units and bounds are those of the conventions", () => {
  for (const instrument of Object.values(catalogue)) {
    const [unit, bounds] = metrics[instrument.name] ?? []
    if (unit === undefined) assert.match(instrument.name, /^basegate\.[a-z_.]+$/)
    else {assert.deepEqual([instrument.unit, "bounds" in instrument ? instrument.bounds : undefined], [
        unit,
        bounds,
      ])}
  }
  for (const name of Object.keys(metrics)) {
    assert.ok(Object.values(catalogue).some((instrument) => instrument.name === name), name)
  }
})

test("a streamed chat: its times, its tokens, its cost", () => {
  const of = metered([record])
  const target = {
    "gen_ai.provider.name": "baseten",
    "gen_ai.request.model": "openai/gpt-oss-120b",
    "basegate.gateway": "a/g",
  }
  const labels = { "gen_ai.operation.name": "chat", ...target }
  assert.deepEqual(of("gen_ai.server.request.duration"), [{ labels, value: 2, count: 1 }])
  assert.deepEqual(of("gen_ai.server.time_to_first_token"), [{ labels, value: 0.5, count: 1 }])
  assert.deepEqual(of("gen_ai.server.time_per_output_token"), [{ labels, value: 0.05, count: 1 }])
  assert.deepEqual(of("gen_ai.client.operation.duration"), [{ labels, value: 1.998, count: 1 }])
  assert.deepEqual(of("gen_ai.client.operation.time_to_first_chunk"), [{ labels, value: 0.3985, count: 1 }])
  assert.deepEqual(of("gen_ai.client.token.usage"), [
    { labels: { ...labels, "gen_ai.token.type": "input" }, value: 100, count: 1 },
    { labels: { ...labels, "gen_ai.token.type": "output" }, value: 31, count: 1 },
  ])
  assert.deepEqual(of("basegate.cost.usd"), [{ labels: target, value: 0.00025, count: 0 }])
  assert.deepEqual(of("http.server.request.duration"), [{
    labels: {
      "http.request.method": "POST",
      "url.scheme": "https",
      "http.route": "/v1/{account_id}/{gateway_id}/baseten/v1/chat/completions",
      "http.response.status_code": 200,
    },
    value: 2,
    count: 1,
  }])
  assert.deepEqual(of("basegate.request.endings"), [
    { labels: { "basegate.gateway": "a/g", "basegate.ending": "complete" }, value: 1, count: 0 },
  ])
})

test("errors are counted by type: of a try, of a request, of HTTP", () => {
  const errors = (name: string, ...records: ReadonlyArray<RequestRecord>) =>
    metered(records)(name).map(({ labels }) => labels["error.type"])
  assert.deepEqual(errors("gen_ai.client.operation.duration", retried), ["provider_failed", undefined])
  const limited = { ...record, status: 429, upstream_status: null, error: "rate_limited", attempts: [] }
  assert.deepEqual(errors("gen_ai.server.request.duration", limited), ["rate_limited"])
  assert.deepEqual(errors("http.server.request.duration", limited), [undefined])
  const cut: RequestRecord = { ...record, ending: "upstream_cut" }
  for (
    const name of [
      "gen_ai.client.operation.duration",
      "gen_ai.server.request.duration",
      "http.server.request.duration",
    ]
  ) assert.deepEqual(errors(name, cut), ["upstream_cut"], name)
  const busy = { ...record, status: 529, upstream_status: 529, attempts: [{ ...attempt, status: 529 }] }
  assert.deepEqual(errors("gen_ai.client.operation.duration", busy), ["529"])
  assert.deepEqual(errors("gen_ai.server.request.duration", { ...record, ending: "client_left" }), [
    undefined,
  ])
  assert.deepEqual(metered([cut])("gen_ai.server.time_per_output_token"), [])
})

test("a socket's messages are counted by direction", () => {
  const socket = { ...record, request_type: "websocket" as const, frames_in: 3, frames_out: 5 }
  const points = metered([socket, { ...socket, frames_in: 0 }])("basegate.websocket.messages")
  assert.deepEqual(points.map(({ labels, value }) => [labels["network.io.direction"], value]), [
    ["receive", 3],
    ["transmit", 10],
  ])
  assert.deepEqual(metered([record])("basegate.websocket.messages"), [])
})

test("calls without inference, cached answers and estimated tokens", () => {
  const models = {
    ...record,
    method: "GET",
    route: "models",
    model: null,
    attempts: [{ ...attempt, model: null, url: "https://inference.baseten.co/v1/models" }],
  }
  assert.deepEqual(metered([models])("gen_ai.server.request.duration"), [])
  assert.deepEqual(metered([models])("gen_ai.client.operation.duration"), [])
  const cached = { ...record, cached: true, upstream_status: null, attempts: [], cost: 0 }
  const of = metered([cached, { ...record, usage_source: "estimated", cost: null }])
  assert.equal(of("basegate.cache.hits")[0]?.value, 1)
  assert.deepEqual(of("gen_ai.client.token.usage"), [])
  assert.deepEqual(of("basegate.cost.usd"), [])
  assert.equal(of("gen_ai.client.operation.duration")[0]?.count, 1)
  assert.equal(of("gen_ai.server.request.duration")[0]?.count, 2)
})

test("a fallback counts each try under the model that was called", () => {
  const fellBack: RequestRecord = {
    ...record,
    route: "universal",
    path: "/v1/a/g",
    step: 1,
    attempts: [
      { ...attempt, model: "zai-org/GLM-5.3", status: 529 },
      { ...attempt, model: "zai-org/GLM-5.3", status: 529, attempt: 2 },
      { ...attempt, step: 1 },
    ],
  }
  const of = metered([fellBack])
  assert.deepEqual(
    of("gen_ai.client.operation.duration").map(({ labels, count }) => [
      labels["gen_ai.request.model"],
      labels["error.type"],
      count,
    ]),
    [["zai-org/GLM-5.3", "529", 2], ["openai/gpt-oss-120b", undefined, 1]],
  )
  assert.deepEqual(
    of("basegate.retries").map(({ labels, value }) => [labels["gen_ai.request.model"], value]),
    [["zai-org/GLM-5.3", 1]],
  )
})

test("reading the log is not counted as a call", () => {
  const of = metered([{
    ...record,
    route: "admin.analytics",
    path: "/client/v4/accounts/a/ai-gateway/analytics",
    gateway_id: null,
    provider: null,
    attempts: [],
  }])
  assert.deepEqual(of("basegate.request.endings"), [])
  assert.equal(of("http.server.request.duration").length, 1)
})

test("requests in flight go up and down", () => {
  const meter = requestMetrics(none)
  meter.began("POST", "https")
  meter.began("POST", "https")
  meter.began("HACK", "https")
  meter.ended("POST", "https")
  const active = readPrometheus(prometheusText(meter.families)).filter(({ name }) => name.includes("active"))
  assert.deepEqual(active.map(({ labels, value }) => [labels["http_request_method"], value]), [
    ["POST", 1],
    ["_OTHER", 1],
  ])
})

test("a model named only by failing requests takes no label from existing models", () => {
  const named = (model: string, status: number): RequestRecord => ({
    ...record,
    model,
    status,
    upstream_status: status,
    attempts: [{ ...attempt, model, status }],
  })
  const inventions = Array.from({ length: 500 }, (_, index) => named(`invented-${index}`, 404))
  const models = metered([...inventions, named("real", 200), named("real", 429), named("broken", 500)])(
    "gen_ai.server.request.duration",
  ).map(({ labels, count }) => [labels["gen_ai.request.model"], labels["error.type"], count])
  assert.deepEqual(models, [["other", "404", 500], ["real", undefined, 1], ["real", "429", 1], [
    "broken",
    "500",
    1,
  ]])
})

test("whatever callers send, the number of series is bounded and the text well formed", () => {
  const any = fc.string({ unit: "binary" })
  const arbitrary: fc.Arbitrary<RequestRecord> = fc.record({
    gateway: any,
    model: any,
    status: fc.constantFrom(200, 404, 500),
    method: fc.oneof(fc.constant("POST"), any),
    user: any,
  }).map(({ gateway, model, status, method, user }) => ({
    ...record,
    gateway_id: gateway,
    model,
    status,
    method,
    upstream_status: status,
    user_agent: user,
    event_id: user,
    metadata: { user },
    attempts: [{ ...attempt, model, status }],
  }))
  const meter = requestMetrics((name) => name === "a/listed")
  const seen = (label: string) =>
    new Set(
      meter.families.flatMap(({ points }) => [...points]).flatMap(({ labels }) => labelPairs(labels))
        .flatMap(([name, value]) => name === label ? [String(value)] : []),
    )
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 50, maxLength: 100 }), (records) => {
      for (const one of records) meter.record(one)
    }),
    { numRuns: 100 },
  )
  meter.record({ ...record, gateway_id: "listed" })
  const models = seen("gen_ai.request.model")
  const gateways = seen("basegate.gateway")
  for (const gateway of gateways) {
    for (const model of models) {
      meter.record({ ...record, gateway_id: gateway.slice(2), model, attempts: [{ ...attempt, model }] })
    }
  }
  for (const { instrument, points } of meter.families) {
    const all = [...points]
    assert.ok(all.length <= seriesLimit, `${instrument.name}: ${all.length}`)
    for (const [name] of all.flatMap(({ labels }) => labelPairs(labels))) {
      assert.ok(isAttributeName(name), name)
    }
  }
  assert.equal(models.size, namesLimit + 1, "100 and other")
  assert.equal(gateways.size, namesLimit + 2, "100, other, and the one that is listed")
  const samples = readPrometheus(prometheusText(meter.families))
  const overflow = samples.find(({ name, labels }) =>
    name === "gen_ai_server_request_duration_seconds_count" && labels["otel_metric_overflow"] === "true"
  )
  assert.ok((overflow?.value ?? 0) > 0, "the test went over the limit")
})

test("all schemes that callers make up share one label", () => {
  const meter = requestMetrics(() => true)
  for (const scheme of ["http", "https", "qabc", "qabd"]) meter.began("GET", scheme)
  const active = meter.families.find(({ instrument }) => instrument.name === "http.server.active_requests")
  const schemes = [...active?.points ?? []].map(({ labels }) =>
    Object.fromEntries(labelPairs(labels))["url.scheme"]
  )
  assert.deepEqual(schemes, ["http", "https", "_OTHER"])
})

test("cached labels change neither a sum nor the order", () => {
  const arbitrary: fc.Arbitrary<RequestRecord> = fc.record({
    gateway_id: fc.constantFrom("g", "listed", "h"),
    model: fc.constantFrom("m", "n", "o", null),
    called: fc.constantFrom("m", "n", null),
    provider: fc.constantFrom("baseten", "custom-x"),
    route: fc.constantFrom("chat.completions", "models", "model.predict", "custom.post", null),
    path: fc.constantFrom("/v1/a/g/x", "/"),
    method: fc.constantFrom("POST", "GET"),
    url: fc.constantFrom(
      "https://x.test/v1/chat/completions",
      "https://x.test/v1/models",
      "https://y.test/predict",
    ),
    status: fc.constantFrom(200, 200, 206, 404, 500),
    tried: fc.constantFrom(200, 200, 206, 404, 500, null),
    attempts: fc.constantFrom(1, 1, 1, 0, 2),
    ending: fc.constantFrom<RequestRecord["ending"]>("complete", "complete", "upstream_cut", "client_left"),
    error: fc.constantFrom(null, null, "rate_limited"),
    cached: fc.constantFrom(false, false, true),
    stream: fc.boolean(),
    time_to_first_byte_ms: fc.constantFrom(null, 3, 40),
    time_to_first_token_ms: fc.constantFrom(null, 5, 50),
    total_ms: fc.constantFrom(60, 70.5, 2000),
    tokens_in: fc.constantFrom(null, 0, 9),
    tokens_out: fc.constantFrom(null, 1, 7),
    usage_source: fc.constantFrom<RequestRecord["usage_source"]>("exact", "estimated", null),
    cost: fc.constantFrom(null, 0, 0.1),
    deployment: fc.constantFrom(null, "d"),
  }).map(({ called, url, tried, attempts, ...members }) => ({
    ...record,
    ...members,
    upstream_status: tried,
    attempts: Array.from(
      { length: attempts },
      (_, index) => ({ ...attempt, url, model: called, status: tried, attempt: index + 1 }),
    ),
  }))
  let usual = 0
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 60 }), (records) => {
      const [kept, anew] = [128, 0].map((limit) => requestMetrics((name) => name === "a/listed", limit))
      assert.ok(kept && anew)
      for (const one of [...records, ...records]) {
        kept.record(one)
        anew.record(one)
        if (one.attempts.length === 1 && one.ending === "complete" && one.error === null) usual++
      }
      assert.equal(prometheusText(kept.families), prometheusText(anew.families))
    }),
    { numRuns: 300 },
  )
  assert.ok(usual > 200, "the test saw no usual calls")
})
