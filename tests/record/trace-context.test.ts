import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { passTrace, startTrace } from "../../lib/record/trace-context.ts"

const trace = "0af7651916cd43dd8448eb211c80319c"
const other = "4bf92f3577b34da6a3ce929d0e0e4736"
const span = "b7ad6b7169203331"
const all = { parentBased: true, ratio: 1 }
const started = (headers: Record<string, string>, sampler = all) => startTrace(new Headers(headers), sampler)

test("a request joins the trace of its caller, and is sampled as the caller is", () => {
  for (const flags of ["00", "01", "03", "02"]) {
    const joined = started({ traceparent: `00-${trace}-${span}-${flags}` })
    assert.deepEqual([joined.trace_id, joined.parent_span_id], [trace, span])
    assert.equal(joined.sampled, flags === "01" || flags === "03")
    assert.match(joined.span_id, /^[\da-f]{16}$/)
  }
  assert.equal(started({ traceparent: `cc-${trace}-${span}-01-what-comes-later` }).trace_id, trace)
})

test("an invalid traceparent begins a new trace", () => {
  for (
    const traceparent of [
      `00-${trace}-${span}`,
      `00-${trace}-${span}-01-more`,
      `00-${trace.toUpperCase()}-${span}-01`,
      `00-${"0".repeat(32)}-${span}-01`,
      `00-${trace}-${"0".repeat(16)}-01`,
      `ff-${trace}-${span}-01`,
      `00-${trace}-${span}-01, 00-${other}-${span}-01`,
      "",
    ]
  ) {
    const begun = started({ traceparent })
    assert.notEqual(begun.trace_id, trace, traceparent)
    assert.equal(begun.parent_span_id, null)
    assert.equal(begun.sampled, true)
  }
})

test("Cloudflare's ids take precedence over traceparent; malformed ones do not count", () => {
  const asked = {
    "cf-aig-otel-trace-id": other.toUpperCase(),
    "cf-aig-otel-parent-span-id": "00f067aa0ba902b7",
  }
  const both = started({ traceparent: `00-${trace}-${span}-00`, ...asked })
  assert.deepEqual([both.trace_id, both.parent_span_id, both.sampled], [other, "00f067aa0ba902b7", true])
  const alone = started({ "cf-aig-otel-trace-id": other })
  assert.deepEqual([alone.trace_id, alone.parent_span_id], [other, null])
  const malformed = started({ traceparent: `00-${trace}-${span}-01`, "cf-aig-otel-trace-id": "not hex" })
  assert.deepEqual([malformed.trace_id, malformed.parent_span_id], [trace, span])
  assert.equal(started({ "cf-aig-otel-parent-span-id": span }).parent_span_id, null)
})

test("samplers: a caller's decision applies only to parent-based samplers", () => {
  const parent = { traceparent: `00-${trace}-${span}-01` }
  assert.equal(started(parent, { parentBased: true, ratio: 0 }).sampled, true)
  assert.equal(started(parent, { parentBased: false, ratio: 0 }).sampled, false)
  assert.equal(started({}, { parentBased: true, ratio: 0 }).sampled, false)
  let sampled = 0
  for (let index = 0; index < 4000; index++) {
    if (started({}, { parentBased: true, ratio: 0.25 }).sampled) sampled++
  }
  assert.ok(sampled > 800 && sampled < 1200, `${sampled} of 4000`)
  // The id decides, so that every service of a trace decides alike.
  const decided = (ratio: number) => started(parent, { parentBased: false, ratio }).sampled
  assert.deepEqual([0.55, 0.56].map(decided), [false, true])
})

test("startTrace() makes ids of any header values", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123456789abcdefG- ,") })
  fc.assert(fc.property(text, text, text, (traceparent, id, parent) => {
    const begun = started({
      traceparent,
      "cf-aig-otel-trace-id": id,
      "cf-aig-otel-parent-span-id": parent,
    })
    assert.match(begun.trace_id, /^(?!0+$)[\da-f]{32}$/)
    assert.match(begun.span_id, /^[\da-f]{16}$/)
    assert.match(begun.parent_span_id ?? span, /^(?!0+$)[\da-f]{16}$/)
  }))
})

test("passTrace() names the call's own span to the provider, and keeps the state of the same trace", () => {
  const incoming = new Headers({ traceparent: `00-${trace}-${span}-01`, tracestate: "a=b" })
  const outgoing = new Headers(incoming)
  const joined = startTrace(incoming, all)
  const first = passTrace(joined, incoming, outgoing)
  assert.equal(outgoing.get("traceparent"), `00-${trace}-${first}-01`)
  assert.equal(outgoing.get("tracestate"), "a=b")
  assert.notEqual(passTrace(joined, incoming, outgoing), first)
  const elsewhere = startTrace(new Headers({ "cf-aig-otel-trace-id": other }), {
    parentBased: true,
    ratio: 0,
  })
  passTrace(elsewhere, incoming, outgoing)
  assert.match(outgoing.get("traceparent") ?? "", new RegExp(`^00-${other}-[0-9a-f]{16}-00$`))
  assert.equal(outgoing.get("tracestate"), null)
})

test("passTrace() forwards the caller's headers if nothing is traced, unless the call has its own", () => {
  const incoming = new Headers({ traceparent: "of the request", tracestate: "a=b" })
  const none = new Headers()
  assert.equal(passTrace(null, incoming, none), null)
  assert.deepEqual([...none], [["traceparent", "of the request"], ["tracestate", "a=b"]])
  const own = new Headers({ traceparent: "of the step" })
  passTrace(null, incoming, own)
  assert.deepEqual([...own], [["traceparent", "of the step"]])
})
