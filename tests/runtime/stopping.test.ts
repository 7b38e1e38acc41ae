/** SIGTERM: no new requests, ten seconds for those that run, and then an end that says why. */
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { startSimulator } from "../simulator/server.ts"
import { spawnGateway } from "../support/spawn-gateway.ts"

// workerd ends streams with the process, and tells nobody (README, runtime differences).
describe("SIGTERM", { concurrency: true }, () => {
  for (const runtime of ["bun", "deno", "node"] as const) {
    test(`${runtime}: a short stream ends by itself, a long one as draining, then the process`, async () => {
      const simulator = await startSimulator()
      const gateway = await spawnGateway(runtime, simulator.env)
      const stream = (events: number) =>
        fetch(`${gateway.url}/v1/a/g/baseten/v1/chat/completions`, {
          method: "POST",
          headers: {
            authorization: "Bearer sk-own",
            "content-type": "application/json",
            "x-simulator-fault": JSON.stringify({ drip_ms: 100, events }),
          },
          body: JSON.stringify({
            model: "openai/gpt-oss-120b",
            stream: true,
            messages: [{ role: "user", content: "hi" }],
          }),
        })
      const [short, long] = await Promise.all([stream(10), stream(1000)])
      const stopped = gateway.stop(20_000)
      assert.match(await short.text(), /data: \[DONE\]\n\n$/)
      assert.match(await long.text(), /data: \{"error":\{[^\n]*"code":"draining"[^\n]*\}\}\n\n$/)
      await stopped
      const endings = gateway.records().map(({ ending }) => ending)
      assert.deepEqual(endings, ["complete", "draining"])
      await simulator.close()
    })
  }
})
