/** The short form of `npm run soak`. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { soak } from "../soak/soak.ts"
import { runtimes } from "../support/spawn-gateway.ts"

for (const runtime of runtimes) {
  test(`${runtime}: after traffic of all kinds everything is as before, and each call has one record`, async () => {
    const { problems, calls } = await soak(runtime, { seconds: 4, seed: Date.now() >>> 0, sockets: 100 })
    assert.deepEqual(problems, [])
    assert.ok(calls > 122)
  })
}
