/** OpenTelemetry: what a collector is told, what goes on to Baseten, and what a bad collector costs. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { type SpawnedGateway, spawnGateway } from "../../support/spawn-gateway.ts"
import { isAttributeName, metrics as conventions } from "../../telemetry/conventions.ts"
import { attributesIn } from "../../telemetry/otlp/reader.ts"
import { readPrometheus } from "../../telemetry/metrics/prometheus-lines.ts"
import { type Collector, startCollector } from "../collector.ts"
import { chat, eventually, failing, type Harness, json } from "../harness.ts"
import { ask, callSteps, models } from "../steps.ts"

const parent = "b7ad6b7169203331"
let traces = 0
/** A trace that no other case is in. */
const nextTrace = (): string => `0af7651916cd43dd8448eb21${String(++traces).padStart(8, "0")}`
const spanForm = (trace: string, flags = "01") => new RegExp(`^00-${trace}-([0-9a-f]{16})-${flags}$`)

export const tracingCases = (harness: Harness): void => {
  let collector: Collector
  let gateway: SpawnedGateway
  before(async () => {
    collector = await startCollector()
    gateway = await spawnGateway(harness.runtime, {
      ...harness.simulator.env,
      BASEGATE_ADMIN_TOKEN: "metrics-token",
      BASEGATE_CONFIG: JSON.stringify({
        gateways: { "account/gateway": {}, "account/kept": { collect_log_payloads: true } },
      }),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20collector-key",
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "gzip",
      OTEL_METRIC_EXPORT_INTERVAL: "300",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    })
  })
  after(async () => {
    await gateway?.stop()
    await collector?.close()
  })

  const post = async (
    id: string,
    headers: Record<string, string>,
    members: object = {},
    name = "gateway",
  ) => {
    const response = await fetch(`${gateway.url}/v1/account/${name}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...headers },
      body: chat(members),
    })
    await response.text()
    return response
  }
  const spansOf = async (trace: string, number: number) => {
    const spans = () => collector.spans(trace)
    await eventually(`${number} spans`, () => spans().length >= number, 15_000)
    assert.equal(spans().length, number)
    const [server, ...calls] = [...spans()].sort(({ kind }, other) => kind - other.kind)
    assert.equal(server?.kind, 2)
    for (const call of calls) assert.deepEqual([call.kind, call.parentSpanId], [3, server?.spanId])
    return { server, calls }
  }

  /** On Workers nothing is sent unless somebody calls. */
  const callUntil = async (what: string, holds: () => boolean) => {
    for (const end = Date.now() + 10_000; !holds() && Date.now() < end;) {
      await post(harness.nextCase(), {}, { stream: true })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.ok(holds(), what)
  }

  for (const stream of [false, true]) {
    test(`a ${stream ? "stream" : "call"} joins its caller's trace, and Baseten's part of it joins too`, async () => {
      const [id, trace] = [harness.nextCase(), nextTrace()]
      const response = await post(
        id,
        {
          traceparent: `00-${trace}-${parent}-01`,
          tracestate: "a=b",
          "cf-aig-metadata": '{"team":"search","gen_ai.request.model":"forged"}',
        },
        { stream },
      )
      assert.equal(response.status, 200)
      const sent = harness.headersOf(id)
      const [, named] = spanForm(trace).exec(sent.get("traceparent") ?? "") ?? []
      assert.equal(sent.get("tracestate"), "a=b")
      const { server, calls } = await spansOf(trace, 2)
      assert.equal(server?.parentSpanId, parent)
      assert.equal(calls[0]?.spanId, named)
      assert.equal(calls[0]?.name, "chat openai/gpt-oss-120b")
      const [request, call] = [attributesIn(server), attributesIn(calls[0])]
      assert.deepEqual([request["team"], call["team"]], ["search", "search"])
      assert.equal(call["gen_ai.request.model"], "openai/gpt-oss-120b")
      assert.equal(request["basegate.request.id"], response.headers.get("cf-aig-request-id"))
      assert.deepEqual([call["gen_ai.provider.name"], call["gen_ai.operation.name"]], ["baseten", "chat"])
      assert.equal(call["gen_ai.request.stream"], stream || undefined)
      assert.ok(Number(call["gen_ai.usage.output_tokens"]) > 0)
      assert.equal(call["gen_ai.input.messages"], undefined)
      for (const name of [request, call].flatMap((all) => Object.keys(all))) {
        assert.ok(name === "team" || isAttributeName(name), name)
      }
      assert.ok(Number(call["server.port"]) === harness.simulator.port)
    })
  }

  test("each try is a span of its own, whose id Baseten is sent", async () => {
    const [id, trace] = [harness.nextCase(), nextTrace()]
    await failing(harness, id, [{ status: 503 }])
    await post(id, {
      traceparent: `00-${trace}-${parent}-01`,
      "cf-aig-max-attempts": "2",
      "cf-aig-retry-delay": "0",
    })
    const { calls } = await spansOf(trace, 3)
    const named = harness.simulator.requests(id).map(({ headers }) =>
      spanForm(trace).exec(String(headers["traceparent"]))?.[1]
    )
    assert.equal(new Set(named).size, 2)
    assert.deepEqual(new Set(calls.map(({ spanId }) => spanId)), new Set(named))
    assert.deepEqual(calls.map((call) => attributesIn(call)["error.type"]).sort(), ["503", undefined])
  })

  test("Cloudflare's trace headers take precedence over traceparent, and are not forwarded", async () => {
    const [id, trace] = [harness.nextCase(), nextTrace()]
    await post(id, {
      traceparent: `00-${nextTrace()}-${parent}-01`,
      tracestate: "a=b",
      "cf-aig-otel-trace-id": trace,
      "cf-aig-otel-parent-span-id": "00f067aa0ba902b7",
    })
    const { server } = await spansOf(trace, 2)
    assert.equal(server?.parentSpanId, "00f067aa0ba902b7")
    const sent = harness.headersOf(id)
    assert.match(sent.get("traceparent") ?? "", spanForm(trace))
    for (const name of sent.keys()) assert.doesNotMatch(name, /^cf-|^tracestate$/)
  })

  test("an unsampled trace stays unsampled, also for Baseten", async () => {
    const [id, trace] = [harness.nextCase(), nextTrace()]
    await post(id, { traceparent: `00-${trace}-${parent}-00` })
    assert.match(harness.headersOf(id).get("traceparent") ?? "", spanForm(trace, "00"))
    const later = nextTrace()
    await post(harness.nextCase(), { traceparent: `00-${later}-${parent}-01` })
    await spansOf(later, 2)
    assert.deepEqual(collector.spans(trace), [])
  })

  test("a refusal is a span without a call", async () => {
    const trace = nextTrace()
    const response = await post(harness.nextCase(), {
      traceparent: `00-${trace}-${parent}-01`,
      authorization: "",
    })
    assert.equal(response.status, 401)
    const { server } = await spansOf(trace, 1)
    assert.equal(attributesIn(server)["http.response.status_code"], 401)
  })

  for (const stream of [false, true]) {
    test(`prompts and answers of a ${stream ? "stream" : "call"} are exported only if the log stores bodies`, async () => {
      const trace = nextTrace()
      await post(harness.nextCase(), { traceparent: `00-${trace}-${parent}-01` }, { stream }, "kept")
      const { server, calls } = await spansOf(trace, 2)
      const call = attributesIn(calls[0])
      const parts = (name: string) =>
        JSON.parse(String(call[name]))[0] as { role: string; parts: [{ content: string }] }
      const [asked, answered] = [parts("gen_ai.input.messages"), parts("gen_ai.output.messages")]
      assert.deepEqual([asked.role, asked.parts[0].content], ["user", "Héllo 世界 🌍"])
      assert.equal(answered.role, "assistant")
      assert.ok(answered.parts.some(({ content }) => content.includes("Héllo 世界 🌍")))
      assert.doesNotMatch(JSON.stringify(server), /Héllo/)
    })
  }

  test("/metrics has the same instruments in Prometheus' format", async () => {
    await post(harness.nextCase(), {}, { stream: true })
    const response = await fetch(`${gateway.url}/metrics`, {
      headers: { authorization: "Bearer metrics-token" },
    })
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
    const samples = readPrometheus(await response.text())
    for (
      const name of [
        "basegate_build_info",
        "basegate_log_healthy",
        "http_server_active_requests",
        "gen_ai_client_token_usage_count",
        "gen_ai_server_time_to_first_token_seconds_sum",
      ]
    ) assert.ok(samples.some((sample) => sample.name === name && sample.value > 0), name)
  })

  test("metrics arrive under the conventions' names, units and bounds", async () => {
    await post(harness.nextCase(), {}, { stream: true })
    await new Promise((resolve) => setTimeout(resolve, 400))
    await post(harness.nextCase(), {}, { stream: true })
    const named = (name: string) => collector.metrics().find((metric) => metric.name === name)
    await eventually(
      "metrics",
      () => named("gen_ai.client.operation.time_to_first_chunk") !== undefined,
      5_000,
    )
    for (const metric of collector.metrics()) {
      const points = (metric.histogram ?? metric.sum ?? metric.gauge)?.dataPoints ?? []
      const [unit, bounds] = conventions[metric.name] ?? []
      if (unit === undefined) assert.match(metric.name, /^basegate\./)
      else {
        assert.equal(metric.unit, unit, metric.name)
        for (const point of points) assert.deepEqual(point.explicitBounds, bounds, metric.name)
      }
      for (const name of points.flatMap((point) => Object.keys(attributesIn(point)))) {
        assert.ok(isAttributeName(name), name)
      }
    }
    for (
      const name of ["http.server.request.duration", "http.server.active_requests", "basegate.log.healthy"]
    ) {
      assert.ok(named(name) !== undefined, name)
    }
  })

  test("a log arrives with the ids of its span", async () => {
    const trace = nextTrace()
    await post(harness.nextCase(), { traceparent: `00-${trace}-${parent}-01` })
    const { server } = await spansOf(trace, 2)
    const log = () => collector.logs().find(({ traceId }) => traceId === trace)
    await eventually("a log", () => log() !== undefined, 15_000)
    assert.deepEqual([log()?.spanId, log()?.severityText], [server?.spanId, "INFO"])
    assert.deepEqual([...collector.keys()], ["Bearer collector-key"])
    assert.ok(collector.codings().has("/v1/logs gzip") && !collector.codings().has("/v1/logs none"))
    assert.ok(!collector.codings().has("/v1/traces gzip"))
  })

  test("a collector that does not answer costs requests nothing; the queue is sent when it does", async () => {
    collector.hang(true)
    const waiting = Array.from({ length: 20 }, () => nextTrace())
    const began = performance.now()
    for (const trace of waiting) {
      const response = await post(harness.nextCase(), { traceparent: `00-${trace}-${parent}-01` })
      assert.equal(response.status, 200)
    }
    const took = performance.now() - began
    assert.ok(took < 3_000, `20 requests took ${took} ms`)
    collector.hang(false)
    const arrived = () => waiting.every((trace) => collector.spans(trace).length === 2)
    await callUntil("all spans", arrived)
  })

  test("without a collector, trace headers are forwarded unchanged, also of a universal request", async () => {
    const given = { traceparent: "00-anything-at-all", tracestate: "a=b" }
    for (const own of [{}, { traceparent: "of the step" }]) {
      const id = harness.nextCase()
      const response = await callSteps(harness.base, [ask(id, models.gpt, { headers: own })], given)
      await response.text()
      const sent = harness.headersOf(id)
      const expected = "traceparent" in own
        ? ["of the step", undefined]
        : [given.traceparent, given.tracestate]
      assert.deepEqual([sent.get("traceparent"), sent.get("tracestate")], expected)
    }
  })
}
