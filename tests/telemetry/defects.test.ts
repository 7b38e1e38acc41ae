/** A defect after the answer is reported, and loses neither the record nor the other destinations. */
import assert from "node:assert/strict"
import { mock, test } from "node:test"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createGateway, Telemetry } from "../../mod.ts"
import { Prices } from "../../lib/pricing/Prices.ts"
import { Transport } from "../../lib/upstream/Transport.ts"
import type { RequestRecord } from "../../lib/record/request-record.ts"
import { LogLine } from "../../lib/telemetry/console/LogLine.ts"
import { someLog } from "../admin/some-log.ts"

const answer = '{"object":"chat.completion","model":"m","usage":{"prompt_tokens":3,"completion_tokens":4}}'

const transport = Transport.layerFetch({
  fetch: () => Promise.resolve(new Response(answer, { headers: { "content-type": "application/json" } })),
})

/** The first look is before the answer: what has a price needs no model of the answer's. */
const failingPrices = () => {
  let looks = 0
  return Layer.succeed(Prices, {
    priceOf: () => {
      if (looks++ === 0) return undefined
      throw new TypeError("Bearer sk-own")
    },
    isRefreshDue: () => false,
    refreshIfDue: Effect.void,
  })
}

/** What is written while a gateway answers one call. */
const overhear = async (options: Omit<Parameters<typeof createGateway>[0], "transport" | "env">) => {
  const said: Array<string> = []
  const quiet = [
    mock.method(console, "error", (line: string) => void said.push(line)),
    mock.method(console, "log", (line: string) => void said.push(line)),
  ]
  try {
    const gateway = createGateway({ env: {}, transport, ...options })
    const response = await gateway.fetch(
      new Request("http://localhost/v1/a/g/baseten/v1/chat/completions", {
        method: "POST",
        headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
        body: '{"model":"zai-org/GLM-5.3","messages":[]}',
      }),
    )
    assert.equal(await response.text(), answer)
    await gateway.dispose()
  } finally {
    for (const { mock } of quiet) mock.restore()
  }
  return said
}

const defects = (said: ReadonlyArray<string>) => said.filter((line) => line.includes('"msg":"internal"'))

test("of what the stages have put off", async () => {
  const records: Array<RequestRecord> = []
  const sink = Telemetry.layerSink((record) => void records.push(record))
  const said = await overhear({ layer: Layer.mergeAll(failingPrices(), sink) })
  assert.deepEqual(records.map(({ status, ending, tokens_in }) => [status, ending, tokens_in]), [[
    200,
    "complete",
    3,
  ]])
  assert.equal(defects(said).length, 1)
  assert.match(said[0] ?? "", new RegExp(`"request_id":"${records[0]?.request_id}","at":"TypeError`))
  assert.ok(!said.join().includes("sk-own"))
})

test("of the log", async () => {
  for (
    const append of [() => Promise.reject(new Error("disk")), () => {
      throw new Error("disk")
    }]
  ) {
    const said = await overhear({ log: someLog([], { append }) })
    assert.equal(defects(said).length, 1)
    assert.equal(said.filter((line) => line.includes('"ending":"complete"')).length, 1)
  }
})

test("of the line", async () => {
  const kept: Array<RequestRecord> = []
  const log = someLog([], { append: (record) => void kept.push(record) })
  const line = Layer.succeed(LogLine, () => {
    throw new Error("no line")
  })
  const said = await overhear({ log, layer: line })
  assert.equal(defects(said).length, 1)
  assert.equal(kept.length, 1)
})
