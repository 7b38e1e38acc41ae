import assert from "node:assert/strict"
import { test } from "node:test"
import { otlpLog } from "../../../lib/telemetry/otlp/logs.ts"
import { otlpMetrics } from "../../../lib/telemetry/otlp/metrics.ts"
import { otlpSpans } from "../../../lib/telemetry/otlp/spans.ts"
import { nanoseconds } from "../../../lib/telemetry/otlp/values.ts"
import { requestMetrics } from "../../../lib/telemetry/metrics/record-metrics.ts"
import type { RequestRecord } from "../../../lib/record/request-record.ts"
import { isAttributeName } from "../conventions.ts"
import { type Attribute, attributesIn, type OtlpSpan } from "./reader.ts"
import { attempt, record, retried } from "../sample-record.ts"

const spansOf = (of: RequestRecord): ReadonlyArray<OtlpSpan> => otlpSpans(of) as ReadonlyArray<OtlpSpan>

test("a request is a SERVER span in its caller's trace, and its call a CLIENT span below it", () => {
  const [server, client, ...more] = spansOf(record)
  assert.deepEqual(more, [])
  assert.deepEqual(
    [server?.traceId, server?.parentSpanId, server?.kind, server?.name],
    [
      "0af7651916cd43dd8448eb211c80319c",
      "b7ad6b7169203331",
      2,
      "POST /v1/{account_id}/{gateway_id}/baseten/v1/chat/completions",
    ],
  )
  assert.deepEqual(
    [client?.traceId, client?.parentSpanId, client?.spanId, client?.kind, client?.name],
    [server?.traceId, server?.spanId, "00000000000000a1", 3, "chat openai/gpt-oss-120b"],
  )
  const began = Date.parse(record.time)
  assert.deepEqual([server?.startTimeUnixNano, server?.endTimeUnixNano], [
    `${began}000000`,
    `${began + 2000}000000`,
  ])
  assert.deepEqual([client?.startTimeUnixNano, client?.endTimeUnixNano], [
    `${began + 2}000000`,
    `${began + 2000}000000`,
  ])
  assert.deepEqual([server?.status, client?.status], [undefined, undefined])
})

test("a call has the attributes of the conventions", () => {
  const [server, client] = spansOf(record).map(attributesIn)
  const metadata = { team: "search", weight: 2, beta: true }
  assert.deepEqual(client, {
    ...metadata,
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "baseten",
    "gen_ai.request.model": "openai/gpt-oss-120b",
    "gen_ai.request.stream": true,
    "gen_ai.response.time_to_first_chunk": 0.3985,
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 31,
    "gen_ai.usage.cache_read.input_tokens": 40,
    "gen_ai.usage.reasoning.output_tokens": 5,
    "server.address": "inference.baseten.co",
    "server.port": 443,
    "http.request.method": "POST",
    "http.response.status_code": 200,
    "url.full": "https://inference.baseten.co/v1/chat/completions",
    "basegate.step": 0,
    "basegate.usage.source": "exact",
    "baseten.request.id": "b-1",
  })
  for (const [name, value] of Object.entries(metadata)) assert.equal(server?.[name], value)
  for (const name of [server, client].flatMap((all) => Object.keys(all ?? {}))) {
    assert.ok(name in metadata || isAttributeName(name), name)
  }
})

test("metadata keys become attributes unchanged; one with a meaning of its own is dropped", () => {
  const free = {
    "team": "search",
    "Team": "other",
    "user": "ann",
    "customer.tier": "gold",
    "gen_aix.y": 1,
    "http": true,
    "1": "one",
    "größe/ä b": "x",
  }
  const taken = [
    "gen_ai.usage.input_tokens",
    "GEN_AI.system",
    "gen_ai.anything",
    "http.route",
    "server.address",
    "url.full",
    "error.type",
    "service.name",
    "user_agent.original",
    "basegate.cost.usd",
    "baseten.request.id",
    "",
  ]
  const metadata = JSON.parse(`{${JSON.stringify(free).slice(1, -1)},"__proto__":"own"}`)
  for (const key of taken) metadata[key] = "forged"
  const labelled = { ...record, metadata }
  const all = [...spansOf(labelled), otlpLog(labelled, "info") as { attributes: ReadonlyArray<Attribute> }]
  assert.equal(all.length, 3)
  for (const { attributes } of all) {
    const names = attributes.map(({ key }) => key)
    assert.equal(new Set(names).size, names.length, "no name twice")
    assert.ok(!attributes.some(({ value }) => value["stringValue"] === "forged"))
    for (const [name, value] of Object.entries(metadata)) {
      const found = attributes.find(({ key }) => key === name)?.value
      if (value !== "forged") assert.deepEqual(Object.values(found ?? {}), [value], name)
    }
  }
})

test("every try is a span; a failed one has an error type and a status", () => {
  const [, first, second] = spansOf(retried)
  assert.deepEqual([first?.status, attributesIn(first)["error.type"]], [{ code: 2 }, "provider_failed"])
  assert.deepEqual([second?.status, attributesIn(second)["http.request.resend_count"]], [undefined, 1])
  const cut = spansOf({ ...record, ending: "upstream_cut" })
  assert.deepEqual(cut.map((span) => attributesIn(span)["error.type"]), ["upstream_cut", "upstream_cut"])
  const failed = spansOf({ ...record, error: "overloaded: queue full" })
  assert.deepEqual(failed.map((span) => attributesIn(span)["error.type"]), [
    "provider_error",
    "provider_error",
  ])
  const refused = spansOf({
    ...record,
    status: 429,
    error: "rate_limited",
    upstream_status: null,
    attempts: [],
  })
  assert.deepEqual(refused.map(({ status }) => status), [undefined])
  const left = spansOf({ ...record, ending: "client_left" })
  assert.deepEqual(left.map(({ status }) => status), [undefined, undefined])
})

test("no spans where the request is not sampled, or not traced", () => {
  assert.deepEqual(spansOf({ ...record, trace: null }), [])
  assert.deepEqual(spansOf({ ...record, trace: { ...record.trace!, sampled: false } }), [])
})

test("operations follow from where a call went, whatever the path of the request", () => {
  for (
    const [path, operation] of [
      ["/v1/chat/completions", "chat"],
      ["/v1/messages", "chat"],
      ["/environments/production/sync/v1/responses", "chat"],
      ["/v1/embeddings", "embeddings"],
      ["/v1/completions", "text_completion"],
      ["/production/predict", "predict"],
      ["/production/async_predict", "predict"],
      ["/production/run_remote", "run_remote"],
      ["/v1/models", "POST"],
      ["/production/wake", "POST"],
    ] as const
  ) {
    const [, client] = spansOf({
      ...record,
      route: "universal",
      path: "/v1/a/g",
      attempts: [{ ...attempt, url: `https://model-abcd1234.api.baseten.co${path}` }],
    })
    assert.equal(client?.name, `${operation} openai/gpt-oss-120b`, path)
  }
})

test("a log record has its span's ids, a level and a readable line", () => {
  const log = otlpLog(record, "info") as {
    readonly [name: string]: unknown
    readonly attributes: ReadonlyArray<Attribute>
  }
  assert.deepEqual([log["traceId"], log["spanId"], log["flags"]], [
    record.trace?.trace_id,
    record.trace?.span_id,
    1,
  ])
  assert.deepEqual([log["severityNumber"], log["severityText"]], [9, "INFO"])
  assert.match(JSON.stringify(log["body"]), /POST \/v1\/a\/g\/baseten\/v1\/chat\/completions 200 complete/)
  const attributes = attributesIn(log)
  assert.equal(attributes["gen_ai.usage.output_tokens"], 31)
  assert.equal(attributes["basegate.gateway"], "a/g")
  for (const name of Object.keys(attributes)) {
    assert.ok(name in record.metadata || isAttributeName(name), name)
  }
  assert.equal("traceId" in otlpLog({ ...record, trace: null }, "warn"), false)
})

test("instruments become cumulative sums, gauges and histograms; those without a value are left out", () => {
  const meter = requestMetrics(() => false)
  meter.began("POST", "https")
  meter.record(record)
  const metrics = otlpMetrics(meter.families, 1000, 2000.5) as ReadonlyArray<Record<string, unknown>>
  const named = (name: string) => metrics.find((metric) => metric["name"] === name)
  assert.equal(named("basegate.cache.hits"), undefined)
  assert.deepEqual(named("http.server.active_requests")?.["sum"], {
    dataPoints: [{
      attributes: [
        { key: "http.request.method", value: { stringValue: "POST" } },
        { key: "url.scheme", value: { stringValue: "https" } },
      ],
      startTimeUnixNano: "1000000000",
      timeUnixNano: "2000500000",
      asDouble: 1,
    }],
    aggregationTemporality: 2,
    isMonotonic: false,
  })
  const duration = named("gen_ai.server.time_to_first_token")?.["histogram"] as {
    readonly dataPoints: ReadonlyArray<Record<string, ReadonlyArray<unknown>>>
  }
  const [point] = duration.dataPoints
  assert.deepEqual([point?.["count"], point?.["sum"]], ["1", 0.5])
  assert.equal(point?.["bucketCounts"]?.length, (point?.["explicitBounds"]?.length ?? 0) + 1)
  // A bucket holds its upper bound.
  assert.equal(point?.["bucketCounts"]?.[point["explicitBounds"]?.indexOf(0.5) ?? -1], "1")
})

test("nanoseconds() keeps microseconds, and never rounds up to a thousand of them", () => {
  assert.equal(nanoseconds(0.001), "0001000")
  assert.equal(nanoseconds(1764072000123), "1764072000123000000")
  assert.equal(nanoseconds(1764072000123.999), "1764072000123999000")
})
