/** The clock on the wall is set while calls wait: their own clocks go on as if nothing had been. */
import assert from "node:assert/strict"
import { after, before, mock, test } from "node:test"
import { makeGateway } from "../../lib/gateway.ts"
import { hostTraits } from "../../lib/runtime/host.ts"
import { workersTraits } from "../../lib/runtime/workers-host.ts"
import { type RequestRecord, Telemetry } from "../../mod.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"

let simulator: Simulator
before(async () => {
  simulator = await startSimulator()
})
after(() => simulator.close())

const hour = 3_600_000
const gateways = {
  "a/impatient": { headers_timeout: 400 },
  "a/stalled": { idle_timeout: 400 },
  "a/brief": { total_timeout: 500 },
  "a/tries": { retry_max_attempts: 2, retry_delay: 300, retry_backoff: "constant", total_timeout: 5_000 },
  "a/patient": { headers_timeout: 60_000, idle_timeout: 60_000, total_timeout: 60_000 },
}

const calls: ReadonlyArray<readonly [gateway: string, fault: object, stream: boolean, ending: string]> = [
  ["impatient", { hang: "headers" }, false, "first_byte_timeout"],
  ["stalled", { stall_after: 2 }, true, "idle"],
  ["brief", { drip_ms: 50, events: 200 }, true, "total_timeout"],
  ["brief", { hang: "headers" }, false, "total_timeout"],
  ["tries", { status: 503 }, false, "complete"],
  ["patient", { drip_ms: 50, events: 20 }, true, "complete"],
  ["patient", { delay_ms: 800 }, false, "complete"],
]

const steps = [
  ["back", -hour, hostTraits(), ["wall"]],
  ["forward", hour, hostTraits(), ["wall"]],
  // Where the wall's clock is all there is (workerd).
  ["back, the only one there is", -hour, workersTraits, ["wall", "performance"]],
] as const

for (const [name, by, host, clocks] of steps) {
  test(`setting the clock an hour ${name} moves no timeout`, async () => {
    const records: Array<RequestRecord> = []
    const gateway = makeGateway({
      env: { ...simulator.env, LOG_LEVEL: "none", BASEGATE_CONFIG: JSON.stringify({ gateways }) },
      layer: Telemetry.layerSink((record) => records.push(record)),
    }, host)
    const answers = calls.map(async ([id, fault, stream]) => {
      const response = await gateway.fetch(
        new Request(`https://app.example/v1/a/${id}/baseten/v1/chat/completions`, {
          method: "POST",
          headers: {
            authorization: "Bearer sk-own",
            "content-type": "application/json",
            "cf-aig-event-id": `${id} ${JSON.stringify(fault)}`,
            "x-simulator-fault": JSON.stringify(fault),
          },
          body: JSON.stringify({
            model: "openai/gpt-oss-120b",
            stream,
            messages: [{ role: "user", content: "hi" }],
          }),
        }),
      )
      await response.text()
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { now } = Date
    const lapse = performance.now.bind(performance)
    try {
      mock.method(Date, "now", () => now() + by)
      if ((clocks as ReadonlyArray<string>).includes("performance")) {
        mock.method(performance, "now", () => lapse() + by)
      }
      await Promise.all(answers)
      await gateway.idle()
    } finally {
      mock.restoreAll()
    }
    for (const [id, fault, , ending] of calls) {
      const event = `${id} ${JSON.stringify(fault)}`
      const found = records.filter(({ event_id }) => event_id === event)
      assert.deepEqual(found.map((record) => record.ending), [ending], event)
      for (const { total_ms, attempts } of found) {
        assert.ok(total_ms > 0 && total_ms < 20_000, `${event}: ${total_ms} ms`)
        for (const { duration_ms } of attempts) assert.ok(duration_ms >= 0 && duration_ms < 20_000)
      }
    }
    await gateway.dispose()
  })
}
