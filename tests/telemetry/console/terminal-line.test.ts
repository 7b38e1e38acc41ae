import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { formatCount, formatDollars, formatDuration } from "../../../lib/telemetry/console/format-number.ts"
import type { RequestRecord } from "../../../lib/record/request-record.ts"
import { draftRecord } from "../../support/draft-record.ts"
import {
  type TerminalFormat,
  terminalHeader,
  terminalLine,
} from "../../../lib/telemetry/console/terminal-line.ts"

const record = (change: Partial<RequestRecord> = {}): RequestRecord => ({
  ...draftRecord({
    // Local, as the line shows it.
    time: new Date(2026, 10, 25, 14, 3, 22).toISOString(),
    request_id: "id",
    event_id: "id",
    method: "POST",
    path: "/v1/acme/team/baseten/v1/chat/completions",
    user_agent: null,
    request_content_type: null,
    scheme: "https",
  }),
  account_id: "acme",
  gateway_id: "team",
  route: "chat.completions",
  model: "openai/gpt-oss-120b",
  status: 200,
  tokens_in: 1234,
  tokens_out: 56_789,
  usage_source: "exact",
  cost: 0.028518,
  time_to_first_byte_ms: 312.4,
  total_ms: 4123,
  ...change,
})

const line = (change: Partial<RequestRecord> = {}, format: Partial<TerminalFormat> = {}) =>
  terminalLine(record(change), { width: 100, color: false, dated: false, ...format })

/** The line's parts, which single blanks and more keep apart. */
const words = (...given: Parameters<typeof line>) => line(...given).split(/ +/)

test("terminalLine() shows the most important facts of a request", () => {
  assert.equal(
    line(),
    "14:03:22 team     openai/gpt-oss-120b       200   1234→56.8k $0.028518 312ms  4.1s complete",
  )
  assert.match(line({}, { dated: true }), /^11-25 14:03:22 team /)
})

test("terminalLine() has a dash for unknown facts, and a tilde for estimated tokens", () => {
  const unknown = { tokens_in: null, tokens_out: null, cost: null, time_to_first_byte_ms: null }
  assert.deepEqual(words(unknown).slice(4, 7), ["-", "-", "-"])
  assert.equal(words({ usage_source: "partial" })[4], "~1234→56.8k")
  assert.equal(words({ usage_source: "estimated", tokens_in: null })[4], "~-→56.8k")
  assert.equal(words({ cost: 0 })[5], "$0")
})

test("terminalLine() names the deployment, the route or the path where there is no model", () => {
  const none = { model: null, deployment: null, route: null, gateway_id: null }
  assert.equal(words({ ...none, deployment: "abcd1234" })[2], "abcd1234")
  assert.equal(words({ ...none, route: "models" })[2], "models")
  assert.deepEqual(words({ ...none, method: "GET", path: "/nowhere" }).slice(1, 4), ["-", "GET", "/nowhere"])
})

test("terminalLine() ends with the ending and its cause", () => {
  const attempt = {
    step: 0,
    attempt: 1,
    provider: "baseten",
    model: null,
    status: 529,
    error: null,
    duration_ms: 1,
    waited_ms: 0,
    circuit: null,
    url: "https://baseten.test",
    started_ms: 0,
    span_id: null,
  }
  const wide = { width: 160 }
  assert.match(line({ cached: true }, wide), / complete, cached$/)
  assert.match(line({ status: 429, error: "rate_limited" }, wide), / complete, rate_limited$/)
  assert.match(
    line({ ending: "upstream_cut", attempts: [attempt, attempt], error: "provider_failed" }, wide),
    / upstream_cut, 2 tries, provider_failed$/,
  )
  assert.match(line({ ending: "first_byte_timeout" }, { width: 80 }), / first_byte_t…$/)
})

test("terminalLine() shortens names at their beginning", () => {
  const model = "deepseek-ai/DeepSeek-V4.1-Flash-1017-Fast"
  assert.equal(words({ model }, { width: 160 })[2], model)
  assert.equal(words({ model })[2], "…eek-V4.1-Flash-1017-Fast")
  assert.equal(words({ model: "zai-org/GLM-5.3-Flash" }, { width: 80 })[2], "GLM-5.3-Flash")
})

test("terminalLine() paints failures on terminals with color", () => {
  const painted = (change: Partial<RequestRecord>) => line(change, { color: true }).replaceAll("\x1b[", "<")
  assert.match(painted({}), /<32m200<39m .*<2mcomplete<22m$/)
  assert.match(painted({ status: 429 }), /<33m429<39m/)
  assert.match(
    painted({ status: 502, ending: "idle" }),
    /<31m502<39m .*<31midle<39m$/,
  )
  assert.match(painted({ ending: "client_left" }), /<33mclient_left<39m$/)
})

test("terminalLine() escapes what callers write", () => {
  const model = "a\x1b[2J\x9b2J\u202e\u2028\r\n\t\x07\u0000b🌍\ud800"
  assert.equal(words({ model }, { width: 160 })[2], "a?[2J?2J???????b??")
})

test("terminalLine(): any text gives one line within the terminal's width, plain except for colors", () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.constant("\x1b]0;title\x07"))
  const name = fc.option(text)
  fc.assert(fc.property(
    fc.record({ account_id: name, gateway_id: name, model: name, deployment: name, error: name, path: text }),
    fc.record({
      status: fc.integer({ min: 100, max: 599 }),
      tokens_in: fc.option(fc.nat()),
      tokens_out: fc.option(fc.nat()),
      cost: fc.option(fc.double({ min: 0, noNaN: true })),
      total_ms: fc.double({ min: 0, max: 1e8, noNaN: true }),
    }),
    fc.record({ width: fc.integer({ min: 70, max: 300 }), color: fc.boolean() }),
    (texts, numbers, format) => {
      const shown = line({ ...texts, ...numbers }, format)
      const plain = ["1", "2", "22", "31", "32", "33", "39"].reduce(
        (text, code) => text.replaceAll(`\x1b[${code}m`, ""),
        shown,
      )
      assert.equal(plain !== shown, format.color)
      assert.match(plain, /^[\x20-\x7e→…]+$/)
      assert.ok(plain.length <= format.width, plain)
    },
  ))
})

test("terminalHeader() stands above the columns", () => {
  for (const width of [40, 80, 100, 200]) {
    const format = { width, color: false, dated: true }
    const header = terminalHeader(format)
    const shown = terminalLine(record(), format)
    assert.equal(header.indexOf("gatew".slice(0, 4)), shown.indexOf(width >= 200 ? "acme/team" : "team"))
    assert.equal(header.indexOf("ending"), shown.indexOf("complete"))
    assert.equal(header.indexOf("total") + 5, shown.indexOf("4.1s") + 4)
  }
})

test("numbers have few digits", () => {
  assert.deepEqual(
    [0, 9999, 10_000, 99_949, 99_950, 999_499, 999_500, 4.5e6, 1e9, 1e15].map(formatCount),
    ["0", "9999", "10.0k", "99.9k", "100k", "999k", "1.0M", "4.5M", "1.0G", "999G+"],
  )
  assert.deepEqual(
    [0, 1.74, 9.96, 999.4, 999.6, 59_949, 59_950, 125_000, 1_200_000, 3_720_000, 40_000_000].map(
      formatDuration,
    ),
    ["0.0ms", "1.7ms", "10ms", "999ms", "1.0s", "59.9s", "1m00s", "2m05s", "20m", "1h02m", "11h"],
  )
  assert.deepEqual(
    [0, 7e-9, 0.000831, 0.5, 1.005, 1234.56, 1e6, 1e300].map(formatDollars),
    ["$0", "<$1e-6", "$0.000831", "$0.500000", "$1.00", "$1234.56", "$1.0M", "$999G+"],
  )
})
