/** The requests that run: counted until they are published, cut if they have no answer when the gateway stops. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as settled } from "node:timers/promises"
import { RunningRequests, within } from "../../lib/lifecycle/running-requests.ts"
import { someExchange } from "../support/some-call.ts"

/** Whether work is over by now. */
const isOver = async (work: Promise<unknown>): Promise<boolean> => {
  let over = false
  void work.then(() => over = true)
  await settled()
  return over
}

test("idle() waits for the last record, for every caller", async () => {
  const running = new RunningRequests()
  assert.equal(await isOver(running.idle()), true)
  running.began()
  running.began()
  const waiting = [running.idle(), running.idle()]
  running.published()
  assert.equal(await isOver(Promise.race(waiting)), false)
  running.published()
  assert.equal(await isOver(Promise.all(waiting)), true)
})

test("cutUnanswered() cuts requests without an answer, and no others", () => {
  const running = new RunningRequests()
  const [answered, working] = [someExchange(), someExchange()]
  running.working(answered)
  running.working(working)
  running.answered(answered)
  // What is cut may end at once, and so leave those that are cut.
  working.cut.onCut(() => running.answered(working))
  running.cutUnanswered()
  assert.deepEqual([answered.cut.reason, working.cut.reason], [undefined, "draining"])
})

test("within() waits for work, but no longer than the limit", async () => {
  await within(60_000, Promise.resolve())
  await within(1, new Promise(() => {}))
})
