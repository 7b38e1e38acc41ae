/** What every store has to do, with the Durable Objects of a real workerd. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { objectEngine } from "../../../lib/runtime/cloudflare/object-engine.ts"
import { makeRemoteStore } from "../../../lib/store/remote-store.ts"
import { startRuntimeTimer } from "../../../lib/time/Timer.ts"
import { type ObjectHost, startObjects } from "../../support/workerd-objects.ts"
import { casesOf } from "./cases.ts"

describe("Durable Objects", () => {
  let objects: ObjectHost | undefined
  before(async () => {
    objects = await startObjects()
  })
  after(() => objects?.end())
  const open = (skew: number) => {
    const { namespace } = objects ?? assert.fail()
    const clock = { now: () => performance.now(), wall: () => Date.now() + skew }
    return makeRemoteStore({
      engine: objectEngine(namespace, clock.wall),
      clock,
      startTimer: startRuntimeTimer,
      // Each that passes waits for the disk, and a machine that is busy with other tests has little of it.
      deadline: 60_000,
      among: "isolate",
      hasBackground: false,
    })
  }
  for (const [name, run] of Object.entries(casesOf({ open, keepsValues: true }))) test(name, run)
})
