/** The record of a request, out of its facts and the reports of its calls. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { adoptReport } from "../../lib/call/shared-call.ts"
import { assembleRecord, type ResponseFacts } from "../../lib/record/assemble-record.ts"
import { CallReport } from "../../lib/record/call-report.ts"
import type { AttemptRecord } from "../../lib/record/request-record.ts"
import { someExchange } from "../support/some-call.ts"

const response: ResponseFacts = {
  status: 200,
  ending: "complete",
  errorCode: null,
  error: null,
  cost: null,
  totalMs: 12,
  gatewayMs: 2,
}
const attempt = (step: number): AttemptRecord => ({
  step,
  attempt: 1,
  provider: "baseten",
  model: null,
  url: "",
  status: 200,
  error: null,
  started_ms: 0,
  duration_ms: 1,
  waited_ms: 0,
  circuit: null,
  span_id: null,
})
const reportOf = (step: number, members: Partial<CallReport> = {}): CallReport => {
  const report = new CallReport({
    step,
    provider: `p${step}`,
    deployment: null,
    model: `m${step}`,
    stream: step === 1,
    metadata: { step },
    shouldLog: true,
    adaptations: [`a${step}`],
  })
  report.attempts = [attempt(step)]
  return Object.assign(report, members)
}

/** The record of an exchange with these reports. */
const recordOf = (
  reports: ReadonlyArray<CallReport>,
  answering?: CallReport,
  members: Partial<ResponseFacts> = {},
) => {
  const exchange = someExchange()
  exchange.provider = "asked"
  exchange.describe("model asked for", true)
  exchange.reports.push(...reports)
  exchange.answering = answering
  return assembleRecord(exchange, { ...response, ...members })
}

test("the record describes the call whose answer the client got, with the tries and adaptations of all calls", () => {
  const reports = [
    reportOf(0, { status: 529, cost: 1 }),
    reportOf(1, { status: 200, cost: 2, tokensIn: 3, error: "reported" }),
    reportOf(2, { status: 503 }),
  ]
  const record = recordOf(reports, reports[1])
  const { step, provider, model, stream, upstream_status, cost, tokens_in, error, metadata } = record
  assert.deepEqual(
    [step, provider, model, stream, upstream_status, cost, tokens_in, error, metadata],
    [1, "p1", "m1", true, 200, 2, 3, "reported", { step: 1 }],
  )
  assert.deepEqual(record.attempts.map(({ step }) => step), [0, 1, 2])
  assert.deepEqual(record.changes, ["a0", "a1", "a2"])
})

test("if the client got no call's answer, the record describes the last call", () => {
  const { step, provider } = recordOf([reportOf(0), reportOf(1)])
  assert.deepEqual([step, provider], [1, "p1"])
})

test("without a call the record has only what was requested", () => {
  const record = recordOf([])
  const { provider, model, stream, step, key, cached, attempts, changes } = record
  assert.deepEqual(
    [provider, model, stream, step, key, cached, attempts, changes],
    ["asked", "model asked for", true, 0, "none", false, [], []],
  )
  const unknown = [record.upstream_status, record.tokens_in, record.cost, record.time_to_headers_ms]
  assert.deepEqual(unknown, [null, null, null, null])
})

test("facts of the response take precedence over its call's report", () => {
  const { cost, error, error_code } = recordOf([reportOf(0, { cost: 1, error: "reported" })], undefined, {
    cost: 0,
    error: "rate_limited",
    errorCode: 2003,
  })
  assert.deepEqual([cost, error, error_code], [0, "rate_limited", 2003])
})

test("a provider's success is not free because its client left or the gateway stopped", () => {
  const cut = { status: 503, ending: "draining", cost: 0, error: "draining" } as const
  const costs = [{ status: 200, cost: null }, { status: 200, cost: 2 }, { status: 500, cost: null }, {}]
    .map((members) => recordOf([reportOf(0, members)], undefined, cut).cost)
  assert.deepEqual(costs, [null, 2, 0, 0])
})

test("adoptReport(): a report takes over what a call made on its behalf has found out, and keeps what is its own", () => {
  const own = reportOf(0, { headersAt: 5, key: "caller" })
  const made = reportOf(1, { headersAt: 7, firstTokenAt: 8, tokensOut: 3, cost: 1, key: "stored" })
  adoptReport(own, made)
  const { attempts, headersAt, firstTokenAt, tokensOut, cost, key, model, step } = own
  assert.deepEqual(
    [attempts, headersAt, firstTokenAt, tokensOut, cost, key, model, step],
    [made.attempts, 5, 8, 3, 1, "caller", "m0", 0],
  )
})
