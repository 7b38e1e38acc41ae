/** OTLP in protobuf: what a reader that knows nothing of the encoder finds in it. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { otlpLog } from "../../../lib/telemetry/otlp/logs.ts"
import { protobufOf, rejectedIn } from "../../../lib/telemetry/otlp/protobuf.ts"
import { otlpSpans } from "../../../lib/telemetry/otlp/spans.ts"
import { fieldsOf, messagesAt, textAt } from "../../support/read-protobuf.ts"
import { record } from "../sample-record.ts"

const trace = {
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  span_id: "b7ad6b7169203331",
  parent_span_id: null,
  sampled: true,
}
const traced = { ...record, trace }
const hexOf = (bytes: Uint8Array | undefined): string =>
  [...bytes ?? []].map((byte) => byte.toString(16).padStart(2, "0")).join("")

const enveloped = (kind: string, items: string, all: ReadonlyArray<object>): string =>
  JSON.stringify({
    [`resource${kind}`]: [{
      resource: { attributes: [{ key: "service.name", value: { stringValue: "bäsegate" } }] },
      [`scope${kind}`]: [{ scope: { name: "basegate", version: "1" }, [items]: all }],
    }],
  })

test("spans", () => {
  const spans = otlpSpans(traced)
  const bytes = protobufOf(enveloped("Spans", "spans", spans))
  assert.equal(textAt(bytes, 1, 1, 1, 1), "service.name")
  assert.equal(textAt(bytes, 1, 1, 1, 2, 1), "bäsegate")
  assert.equal(textAt(bytes, 1, 2, 1, 1), "basegate")
  const read = messagesAt(bytes, 1, 2, 2)
  assert.equal(read.length, spans.length)
  for (const [index, span] of (spans as ReadonlyArray<Record<string, unknown>>).entries()) {
    const fields = fieldsOf(read[index] ?? assert.fail())
    assert.equal(hexOf(fields.get(1)?.[0] as Uint8Array), trace.trace_id)
    assert.equal(hexOf(fields.get(2)?.[0] as Uint8Array), span["spanId"])
    assert.equal(new TextDecoder().decode(fields.get(5)?.[0] as Uint8Array), span["name"])
    assert.deepEqual(fields.get(6), [BigInt(span["kind"] as number)])
    assert.deepEqual(fields.get(7), [BigInt(span["startTimeUnixNano"] as string)])
    assert.deepEqual(fields.get(8), [BigInt(span["endTimeUnixNano"] as string)])
    assert.deepEqual(fields.get(16), [BigInt(span["flags"] as number)])
    const attributes = span["attributes"] as ReadonlyArray<{ key: string; value: Record<string, unknown> }>
    const values = (fields.get(9) ?? []) as ReadonlyArray<Uint8Array>
    assert.deepEqual(values.map((each) => textAt(each, 1)), attributes.map(({ key }) => key))
    for (const [place, { value }] of attributes.entries()) {
      const [any] = messagesAt(values[place] ?? assert.fail(), 2)
      const [[number, [one]] = [0, []]] = [...fieldsOf(any ?? assert.fail())] as ReadonlyArray<
        readonly [number, ReadonlyArray<unknown>]
      >
      const [[name, expected] = ["", ""]] = Object.entries(value)
      const names = ["", "stringValue", "boolValue", "intValue", "doubleValue"]
      assert.equal(names[number], name)
      if (name === "stringValue") assert.equal(new TextDecoder().decode(one as Uint8Array), expected)
      else if (name === "boolValue") assert.equal(one, expected === true ? 1n : 0n)
      else if (name === "intValue") assert.equal(one, BigInt(expected as string))
      else assert.equal(new Float64Array(BigUint64Array.of(one as bigint).buffer)[0], expected)
    }
  }
})

test("log records and instruments", () => {
  const log = protobufOf(enveloped("Logs", "logRecords", [otlpLog(traced, "warn")]))
  const [entry = new Uint8Array(0)] = messagesAt(log, 1, 2, 2)
  assert.deepEqual([fieldsOf(entry).get(2), textAt(entry, 3), textAt(entry, 12)], [
    [13n],
    "WARN",
    "basegate.request",
  ])
  assert.match(textAt(entry, 5, 1), /POST/)
  const times = { startTimeUnixNano: "1", timeUnixNano: "2" }
  const point = {
    attributes: [],
    ...times,
    count: "300",
    sum: 1.5,
    bucketCounts: ["299", "1"],
    explicitBounds: [0.5],
  }
  const metric = {
    name: "h",
    unit: "s",
    description: "d",
    histogram: { dataPoints: [point], aggregationTemporality: 2 },
  }
  const bytes = protobufOf(enveloped("Metrics", "metrics", [metric]))
  assert.equal(textAt(bytes, 1, 2, 2, 1), "h")
  const [read = new Uint8Array(0)] = messagesAt(bytes, 1, 2, 2, 9, 1)
  const fields = fieldsOf(read)
  assert.deepEqual([fields.get(2), fields.get(3), fields.get(4)], [[1n], [2n], [300n]])
  const [buckets] = (fields.get(6) ?? []) as ReadonlyArray<Uint8Array>
  assert.deepEqual([...new BigUint64Array(buckets?.slice().buffer ?? new ArrayBuffer(0))], [299n, 1n])
  const [bounds] = (fields.get(7) ?? []) as ReadonlyArray<Uint8Array>
  assert.deepEqual([...new Float64Array(bounds?.slice().buffer ?? new ArrayBuffer(0))], [0.5])
})

test("how many items a collector says it has rejected", () => {
  assert.equal(rejectedIn(new Uint8Array(0)), 0)
  assert.equal(rejectedIn(Uint8Array.of(0x0a, 0x03, 0x08, 0xac, 0x02)), 300)
  assert.equal(rejectedIn(Uint8Array.of(0x0a, 0x02, 0x12, 0x00)), 0)
})
