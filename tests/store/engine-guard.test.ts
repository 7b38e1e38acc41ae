import assert from "node:assert/strict"
import { test } from "node:test"
import { makeEngineGuard } from "../../lib/store/engine-guard.ts"
import { StoreOutage } from "../../lib/store/store-outage.ts"

test("an operation that never settles, as of an abandoned Worker request, does not block others", async () => {
  let time = 0
  let timers = true
  const guard = makeEngineGuard({
    deadline: 50,
    refusal: () => undefined,
    now: () => time,
    startTimer: (after, fire) => {
      if (timers) setTimeout(fire, Math.min(1, after))
      return () => {}
    },
    onFailed: () => {},
    onPaused: () => {},
    onWorked: () => {},
  })
  for (let failures = 0; failures < 3; failures++) await guard.ask(() => Promise.reject(new Error("gone")))
  const isPaused = async (): Promise<boolean> => {
    const answer = await guard.ask(() => Promise.resolve("well"))
    return answer instanceof StoreOutage && answer.reason === "paused"
  }
  assert.equal(await isPaused(), true)
  time += 1000
  timers = false
  void guard.ask(() => new Promise(() => {}))
  assert.equal(await isPaused(), true, "one asks at a time")
  time += 60_000
  assert.equal(await isPaused(), false)
})
