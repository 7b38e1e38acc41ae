/** Signals: no new requests, a grace for those that run, and then an end that says why, whatever hangs. */
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { eventually } from "../contract/harness.ts"
import { startSimulator } from "../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { openConnections, openRelayed, openSockets, states, stateSettings } from "./open-calls.ts"

const post = (url: string, fault: object, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/a/g/baseten/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: "Bearer sk-own",
      "content-type": "application/json",
      "x-simulator-fault": JSON.stringify(fault),
      ...headers,
    },
    body: JSON.stringify({
      model: "openai/gpt-oss-120b",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    }),
  })

/** Milliseconds from now until something has happened. */
const timed = async (happened: Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await happened
  return performance.now() - start
}

// workerd ends streams with the process, and tells nobody (lib/runtime/README.md).
for (const runtime of ["bun", "deno", "node"] as const) {
  describe(`stopping ${runtime}`, () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      test(`${signal}: after the grace every call ends as draining, whatever it waits for, and so does the process`, async () => {
        const simulator = await startSimulator()
        const gateway = await spawnGateway(runtime, {
          ...simulator.env,
          BASEGATE_CONFIG: stateSettings,
          BASEGATE_DRAIN_SECONDS: "0.5",
          BASEGATE_ADMIN_TOKEN: "admin",
        })
        try {
          const calls = []
          for (const state of states) {
            const outcome = state.open({ url: gateway.url, simulator, run: runtime })
            if (state.arrives) {
              const id = `${runtime}-${state.name}`
              await eventually(`${state.name} arrives`, () => simulator.requests(id).length === 1, 15_000)
            }
            calls.push({ state, outcome })
          }
          await openConnections(gateway.url)
          const sockets = runtime === "node" ? [] : await openSockets(gateway.url)
          const relayed = await openRelayed(gateway.url, "a-relayed-socket")
          await new Promise((resolve) => setTimeout(resolve, 300))
          gateway.signal(signal)
          const took = await timed(gateway.exited)
          assert.equal(await gateway.exited, 0)
          assert.ok(took > 500 && took < 8000, `${took} ms`)
          for (const closed of sockets) assert.equal(await closed, 1001)
          assert.equal(await relayed.closed, 1001)
          // Deno (2.9) itself closes sockets, with 1001, when it gets one of these.
          const closes = runtime === "deno" && signal !== "SIGHUP"
          assert.deepEqual(
            gateway.records().filter(({ event_id }) => event_id === "a-relayed-socket").map(
              ({ ending, status, frames_in, frames_out }) => [ending, status, frames_in, frames_out],
            ),
            [[closes ? "complete" : "draining", 101, 1, 1]],
          )

          for (const { state, outcome } of calls) {
            const { status, text } = await outcome
            assert.equal(status, state.status, state.name)
            if (state.says !== undefined) assert.match(text, state.says, state.name)
            const records = gateway.records().filter(({ event_id }) => event_id === state.name)
            assert.deepEqual(
              records.map(({ ending, status }) => [ending, status]),
              [["draining", state.status]],
              state.name,
            )
          }
          if (runtime === "node") return
          const records = gateway.records().filter(({ event_id }) => event_id === "over-a-socket")
          assert.deepEqual(
            records.map(({ ending, status }) => [ending, status]),
            [closes ? ["client_left", 499] : ["draining", 503]],
          )
        } finally {
          await gateway.kill()
          await simulator.close()
        }
      })
    }

    const withGateway = async (
      use: (gateway: SpawnedGateway) => Promise<void>,
    ): Promise<void> => {
      const simulator = await startSimulator()
      const gateway = await spawnGateway(runtime, simulator.env)
      try {
        await use(gateway)
      } finally {
        await gateway.kill()
        await simulator.close()
      }
    }

    test("calls that end within the grace are left alone, new ones are refused, and then the process ends", () =>
      withGateway(async (gateway) => {
        const short = await post(gateway.url, { drip_ms: 100, events: 15 }, { "cf-aig-event-id": "short" })
        gateway.signal("SIGTERM")
        await new Promise((resolve) => setTimeout(resolve, 300))
        const late = await post(gateway.url, {}).then(({ status }) => status, () => 503)
        assert.equal(late, 503)
        assert.match(await short.text(), /data: \[DONE\]\n\n$/)
        assert.ok(await timed(gateway.exited) < 3000)
        const record = gateway.records().find(({ event_id }) => event_id === "short")
        assert.equal(record?.["ending"], "complete")
      }))

    test("connections without a request do not hold the process", () =>
      withGateway(async (gateway) => {
        await openConnections(gateway.url)
        gateway.signal("SIGTERM")
        assert.ok(await timed(gateway.exited) < 3000)
        assert.equal(await gateway.exited, 0)
      }))

    test("a second signal ends the process at once; an echo of the first does not", () =>
      withGateway(async (gateway) => {
        const stalled = await post(gateway.url, { stall_after: 2 })
        stalled.text().catch(() => {})
        gateway.signal("SIGINT")
        gateway.signal("SIGINT")
        await new Promise((resolve) => setTimeout(resolve, 500))
        assert.equal(await Promise.race([gateway.exited, Promise.resolve("runs")]), "runs")
        gateway.signal("SIGTERM")
        assert.ok(await timed(gateway.exited) < 2000)
        assert.equal(await gateway.exited, 1)
      }))
  })
}
