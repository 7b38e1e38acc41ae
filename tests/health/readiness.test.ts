/** What /readyz says of the file that budgets are kept in. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import { Store, type StoreHealth, storeInMemory } from "../../lib/store/Store.ts"
import { createGateway } from "../../mod.ts"
import { someLog } from "../admin/some-log.ts"
import { virtualClock } from "../support/virtual-clock.ts"

const ready = async (health: StoreHealth | undefined): Promise<readonly [number, string]> => {
  const store = { ...storeInMemory(virtualClock()), ...(health && { health: () => health }) }
  const gateway = createGateway({
    env: { BASEGATE_DB: ":memory:", LOG_LEVEL: "none" },
    log: someLog([], {}),
    store: Layer.succeed(Store, store),
  })
  try {
    const response = await gateway.fetch(new Request("https://gate.example/readyz"))
    const { status, problem = "" } = await response.json() as { status: string; problem?: string }
    assert.equal(status, response.status === 200 ? "ok" : "unavailable")
    return [response.status, problem]
  } finally {
    await gateway.dispose()
  }
}

test("a file that never took any spending makes a gateway unready, a lost one does not, and both are reported", async () => {
  assert.deepEqual(await ready(undefined), [200, ""])
  assert.deepEqual(await ready({ healthy: true, hasWorked: false }), [200, ""])
  const [lost, told] = await ready({ healthy: false, hasWorked: true })
  assert.equal(lost, 200)
  assert.match(told, /BASEGATE_DB.*budgets/)
  const [never, why] = await ready({ healthy: false, hasWorked: false })
  assert.equal(never, 503)
  assert.match(why, /BASEGATE_DB.*budgets/)
})
