/** Budgets after a gateway was killed, or stopped, half-way. */
import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { budget, costing } from "../../contract/budgets.ts"
import { chat, fault, json } from "../../contract/harness.ts"
import { startSimulator } from "../../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../../support/spawn-gateway.ts"

const call = async ({ url }: SpawnedGateway, cost: number, headers: object = {}): Promise<number> => {
  const response = await fetch(`${url}/v1/account/gateway/baseten/v1/chat/completions`, {
    method: "POST",
    headers: { ...json, ...costing(cost), ...headers },
    body: chat(),
  })
  await response.text()
  return response.status
}

/** Runs gateways with one budget of 1 USD a month on one file. */
const withFile = async (
  runtime: "bun" | "deno",
  run: (start: () => Promise<SpawnedGateway>) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "basegate-killed-"))
  const simulator = await startSimulator()
  const rule = { window: "month", time_zone: "Europe/Berlin" }
  const gateways = { "*": { ...budget(rule), collect_logs: false } }
  const env = {
    ...simulator.env,
    BASEGATE_CONFIG: JSON.stringify({ gateways }),
    BASEGATE_DB: join(folder, "gateway.db"),
    LOG_LEVEL: "error",
  }
  const running: Array<SpawnedGateway> = []
  try {
    await run(async () => {
      const gateway = await spawnGateway(runtime, env)
      running.push(gateway)
      return gateway
    })
  } finally {
    for (const gateway of running) await gateway.kill()
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  }
}

for (const runtime of ["bun", "deno"] as const) {
  describe(`budgets of ${runtime}`, () => {
    test("a budget of 1 USD that was half spent before kill -9 stops at 1 USD after it", () =>
      withFile(runtime, async (start) => {
        const gateway = await start()
        for (let calls = 0; calls < 5; calls++) assert.equal(await call(gateway, 0.1), 200)
        await gateway.kill()
        const again = await start()
        const statuses = []
        for (let calls = 0; calls < 7; calls++) statuses.push(await call(again, 0.1))
        // The last call had just ended: its cost may not have been charged yet.
        const passed = statuses.filter((status) => status === 200).length
        assert.ok(passed === 5 || passed === 6, JSON.stringify(statuses))
        assert.equal(statuses.at(-1), 429)
      }))

    test("kill -9 among many calls loses no more than those that had just ended", () =>
      withFile(runtime, async (start) => {
        const gateway = await start()
        let answered = 0
        const callers = Array.from({ length: 8 }, async () => {
          for (;;) {
            const status = await call(gateway, 0.000_1).catch(() => 0)
            if (status !== 200) return
            answered++
          }
        })
        while (answered < 300) await new Promise((resolve) => setTimeout(resolve, 5))
        await gateway.kill()
        await Promise.all(callers)
        const again = await start()
        // What is left is found by halving: a call that may cost so much passes, or does not.
        const left = 1 - answered * 0.000_1
        assert.equal(await call(again, left - 0.000_1), 200)
        assert.equal(await call(again, 0.001), 200)
        assert.equal(await call(again, 0.001), 429)
      }))

    test("a call that is cut by SIGTERM is charged for what it reported, and others are not charged twice", () =>
      withFile(runtime, async (start) => {
        const gateway = await start()
        assert.equal(await call(gateway, 0.4), 200)
        const slow = call(gateway, 0.4, fault({ delay_ms: 300 }))
        await new Promise((resolve) => setTimeout(resolve, 150))
        await gateway.stop(10_000)
        assert.equal(await slow, 200)
        const again = await start()
        assert.deepEqual([await call(again, 0.19), await call(again, 0.02), await call(again, 0.1)], [
          200,
          200,
          429,
        ])
      }))

    test("two gateways on one file share a budget", () =>
      withFile(runtime, async (start) => {
        const [one, other] = [await start(), await start()]
        const statuses = []
        for (let calls = 0; calls < 4; calls++) {
          for (const gateway of [one, other]) {
            statuses.push(await call(gateway, 0.2))
            // A cost is counted right after the last byte, and so before the next request is read.
            await fetch(`${gateway.url}/livez`)
          }
        }
        assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429])
      }))
  })
}
