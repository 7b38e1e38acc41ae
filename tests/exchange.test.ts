/** The state of one request: ended once, settled in order, and assembled into one record. */
import assert from "node:assert/strict"
import { mock, test } from "node:test"
import type { ExchangeOutcome } from "../lib/exchange.ts"
import { someCall, someExchange } from "./support/some-call.ts"

const outcome: ExchangeOutcome = { status: 200, ending: "complete", errorCode: null, error: null, cost: null }

test("finish(): only the first call counts", () => {
  const log: Array<string> = []
  const exchange = someExchange({
    host: { onEnd: () => void log.push("host") },
    onEnd: () => void log.push("gateway"),
  })
  exchange.upload = { release: () => void log.push("upload") }
  assert.equal(exchange.isOpen, true)
  exchange.finish(outcome)
  exchange.finish({ ...outcome, status: 500, ending: "upstream_cut" })
  assert.deepEqual([exchange.isOpen, log], [false, ["upload", "host", "gateway"]])
  const { status, ending } = exchange.record()
  assert.deepEqual([status, ending], [200, "complete"])
})

test("settle(): in order, each waits for those before it, and a defect takes nothing of the rest with it", async () => {
  const { mock: quiet } = mock.method(console, "error", () => {})
  const exchange = someExchange()
  const log: Array<number> = []
  exchange.settleBy(() => void log.push(1))
  exchange.settleBy(() => {
    throw new Error("a defect")
  })
  exchange.settleBy(async () => {
    await Promise.resolve()
    log.push(2)
  })
  exchange.settleBy(() => Promise.reject(new Error("another")))
  exchange.settleBy(() => void log.push(3))
  try {
    await exchange.settle()
  } finally {
    quiet.restore()
  }
  assert.deepEqual(log, [1, 2, 3])
  const reports = quiet.calls.map(({ arguments: [line] }) => JSON.parse(String(line)) as object)
  assert.deepEqual(reports.map((report) => "request_id" in report && report.request_id), [
    exchange.id,
    exchange.id,
  ])
})

test("settle() is done at once if nothing waits", () => {
  const exchange = someExchange()
  const log: Array<number> = []
  exchange.settleBy(() => void log.push(1))
  exchange.settleBy(() => void log.push(2))
  assert.equal(exchange.settle(), undefined)
  assert.deepEqual(log, [1, 2])
})

test("directive(): the call whose answer the client gets says what is logged, else the last one made", () => {
  const exchange = someExchange()
  exchange.shouldLog = true
  assert.equal(exchange.directive().shouldLog, true)
  const unlogged = someCall({ exchange, entry: { collect_logs: false } })
  assert.equal(exchange.directive().shouldLog, false)
  someCall({ exchange })
  assert.equal(exchange.directive().shouldLog, true)
  exchange.answering = unlogged.report
  assert.equal(exchange.directive().shouldLog, false)
})

test("the event id is the caller's if it is short enough to be one", () => {
  const idOf = (given: string) => {
    const { eventId, id } = someExchange({ headers: { "cf-aig-event-id": given } })
    return eventId === id ? undefined : eventId
  }
  assert.deepEqual([idOf("mine"), idOf(""), idOf("x".repeat(257))], ["mine", undefined, undefined])
})

test("secrets() hold what steps show as credentials, beside what the request shows", () => {
  const exchange = someExchange({ headers: { authorization: "Bearer sk-of-request" } })
  exchange.stepHeaders = [new Headers({ authorization: "Bearer sk-of-step" })]
  const isSecret = (text: string) => exchange.secrets().some((known) => known.contains(text))
  assert.deepEqual(["sk-of-request", "sk-of-step", "sk-of-others"].map(isSecret), [true, true, false])
})

test("the platform waits until a request is done", async () => {
  const waited: Array<Promise<unknown>> = []
  const exchange = someExchange({ host: { waitUntil: (work) => void waited.push(work) } })
  assert.equal(waited.length, 1)
  exchange.done?.()
  await waited[0]
  assert.equal(someExchange().done, undefined)
})
