/** Bytes that are nearly HTTP, to a gateway on each runtime. `npm run fuzz -- --http bun` goes on for longer. */
import { test } from "node:test"
import { startSimulator } from "../simulator/server.ts"
import { runtimes, spawnGateway } from "../support/spawn-gateway.ts"
import { fuzzHttp } from "../fuzz/raw-http.ts"

const seed = Date.now() >>> 0
for (const runtime of runtimes) {
  test(`${runtime} answers or closes whatever it is sent, from seed ${seed} on`, async () => {
    const simulator = await startSimulator()
    const gateway = await spawnGateway(runtime, { ...simulator.env, LOG_LEVEL: "none" })
    try {
      await fuzzHttp(gateway.url, seed, 300)
    } finally {
      await gateway.stop()
      await simulator.close()
    }
  })
}
