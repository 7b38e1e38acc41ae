import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"
import type { OtlpEndpoint } from "../../lib/config/otel-settings.ts"

const read = (variables: Record<string, string>) => Result.getOrThrow(readSettings(variables)).otel
const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example/base/" }

test("nothing is exported unless somebody asks for it", () => {
  assert.equal(read({}), undefined)
  assert.equal(read({ OTEL_SERVICE_NAME: "x", OTEL_EXPORTER_OTLP_ENDPOINT: "" }), undefined)
  assert.equal(read({ ...base, OTEL_SDK_DISABLED: "TRUE" }), undefined)
  const none = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" }
  assert.equal(read({ ...base, ...none }), undefined)
})

test("the common endpoint is a base, a signal's own is the whole URL", () => {
  const otel = read({ ...base, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://logs.example/in?x=1" })
  assert.equal(otel?.traces?.url, "https://collector.example/base/v1/traces")
  assert.equal(otel?.metrics?.url, "https://collector.example/base/v1/metrics")
  assert.equal(otel?.logs?.url, "http://logs.example/in?x=1")
  const chosen = read({ OTEL_TRACES_EXPORTER: "otlp" })
  assert.deepEqual([chosen?.traces?.url, chosen?.metrics], ["http://localhost:4318/v1/traces", undefined])
})

test("headers, attributes and the rest of the variables", () => {
  const otel = read({
    ...base,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20key, x-team = a%2Cb",
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: "x-only=1",
    OTEL_EXPORTER_OTLP_TIMEOUT: "1500",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.name=lost,city=K%C3%B6ln",
    OTEL_SERVICE_NAME: "gate",
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_BSP_MAX_QUEUE_SIZE: "10",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: ".25",
  })
  const headers = (list: OtlpEndpoint["headers"] = []) =>
    list.map(([name, value]) => [name, Redacted.value(value)])
  assert.deepEqual(headers(otel?.traces?.headers), [["authorization", "Bearer key"], ["x-team", "a,b"]])
  assert.deepEqual(headers(otel?.metrics?.headers), [["x-only", "1"]])
  assert.deepEqual(otel?.resource, {
    "service.name": "gate",
    "deployment.environment.name": "prod",
    city: "Köln",
  })
  assert.deepEqual([otel?.traces?.timeout, otel?.metrics?.interval], [1500, 1000])
  assert.deepEqual([otel?.delay, otel?.queue, otel?.batch], [100, 10, 10])
  assert.deepEqual(otel?.traces?.sampler, { parentBased: true, ratio: 0.25 })
  assert.doesNotMatch(JSON.stringify(otel), /Bearer key/)
})

test("exports are compressed where a variable says so, of all signals or of one", () => {
  const gzip = (variables: Record<string, string>) => {
    const otel = read({ ...base, ...variables })
    return [otel?.traces, otel?.metrics, otel?.logs].map((endpoint) => endpoint?.gzip)
  }
  assert.deepEqual(gzip({}), [false, false, false])
  assert.deepEqual(gzip({ OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" }), [true, true, true])
  assert.deepEqual(
    gzip({ OTEL_EXPORTER_OTLP_COMPRESSION: "gzip", OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "none" }),
    [true, true, false],
  )
})

test("samplers by name", () => {
  for (
    const [name, parentBased, ratio] of [
      ["always_on", false, 1],
      ["always_off", false, 0],
      ["traceidratio", false, 1],
      ["parentbased_always_on", true, 1],
      ["parentbased_always_off", true, 0],
    ] as const
  ) {
    assert.deepEqual(
      read({ ...base, OTEL_TRACES_SAMPLER: name })?.traces?.sampler,
      { parentBased, ratio },
      name,
    )
  }
})

test("malformed variables are named, with what was expected, and never shown", () => {
  for (
    const [name, value, expected] of [
      ["OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://secret", /URL/],
      ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:secret@host", /without credentials/],
      ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://host?key=secret", /query/],
      ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "secret", /URL/],
      ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", /http\/json/],
      ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", /none or gzip/],
      ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc", /http\/json or http\/protobuf/],
      ["OTEL_EXPORTER_OTLP_HEADERS", "secret", /name=value/],
      ["OTEL_EXPORTER_OTLP_HEADERS", "a=%zzsecret", /name=value/],
      ["OTEL_EXPORTER_OTLP_HEADERS", "a b=secret", /name=value/],
      ["OTEL_EXPORTER_OTLP_HEADERS", "a=se%0Acret", /name=value/],
      ["OTEL_EXPORTER_OTLP_TIMEOUT", "-1", /milliseconds/],
      ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta", /cumulative/],
      ["OTEL_RESOURCE_ATTRIBUTES", "secret", /key=value/],
      ["OTEL_TRACES_EXPORTER", "zipkin", /otlp or none/],
      ["OTEL_METRIC_EXPORT_INTERVAL", "0", /milliseconds/],
      ["OTEL_BSP_MAX_QUEUE_SIZE", "9999999999", /whole number/],
      ["OTEL_TRACES_SAMPLER", "jaeger_remote", /parentbased_always_on/],
      ["OTEL_TRACES_SAMPLER_ARG", "1.5", /from 0 to 1/],
      ["OTEL_SDK_DISABLED", "yes", /true or false/],
    ] as const
  ) {
    const result = readSettings({ [name]: value })
    assert.ok(Result.isFailure(result), `${name}=${value}`)
    assert.ok(result.failure.startsWith(`${name}: expected `), result.failure)
    assert.match(result.failure, expected)
    assert.doesNotMatch(result.failure, /secret|cret/)
  }
})
