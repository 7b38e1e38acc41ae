/** Durable Objects of a real workerd that are evicted, or end with their machine, and a log that fills its object. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { LogObject, SentEntry } from "../../lib/runtime/cloudflare/log-object.ts"
import type { SettingsObject } from "../../lib/runtime/cloudflare/settings-object.ts"
import { objectEngine } from "../../lib/runtime/cloudflare/object-engine.ts"
import { askObject } from "../../lib/runtime/cloudflare/ask-object.ts"
import { makeRemoteStore } from "../../lib/store/remote-store.ts"
import { periodsOf } from "../../lib/store/windows.ts"
import { startRuntimeTimer } from "../../lib/time/Timer.ts"
import { draftRecord } from "../support/draft-record.ts"
import { type ObjectHost, startObjects } from "../support/workerd-objects.ts"

const scope = { account: "account", gateway: "gateway" }
const limits = {
  "account/gateway": { maxEntries: 1_000_000, strategy: "DELETE_OLDEST", retention: undefined },
} as const

/** An entry with so many characters of an answer that is kept. */
const entryOf = (number: number, characters = 0): SentEntry => ({
  record: {
    ...draftRecord({
      time: new Date(Date.now() - 60_000 + number).toISOString(),
      request_id: `entry-${String(number).padStart(6, "0")}`,
      event_id: `event-${number}`,
      method: "POST",
      scheme: "https",
      path: "/v1/account/gateway/baseten/v1/chat/completions",
      user_agent: null,
      request_content_type: null,
    }),
    account_id: scope.account,
    gateway_id: scope.gateway,
    cost: 0.001,
  },
  ...characters > 0 && {
    payloads: { request: null, response: { text: "x".repeat(characters), size: characters, complete: true } },
  },
})

describe("Durable Objects", () => {
  let objects: ObjectHost
  before(async () => {
    objects = await startObjects()
  })
  after(() => objects?.end())

  test("what they keep survives their eviction, and the loss of their machine", async () => {
    const { namespace } = objects
    const clock = { now: () => performance.now(), wall: () => Date.now() }
    const { store } = makeRemoteStore({
      engine: objectEngine(namespace, clock.wall),
      clock,
      startTimer: startRuntimeTimer,
      deadline: 30_000,
      hasBackground: false,
    })
    const log = askObject<LogObject>(namespace, "log")
    const settings = askObject<SettingsObject>(namespace, "settings")
    const rate = {
      count: { gateway: "account/gateway", name: "rate", overflow: undefined, spend: undefined },
      window: { limit: 10, technique: "fixed", periods: periodsOf(86_400, "UTC") },
    } as const
    const budget = {
      count: {
        gateway: "account/gateway",
        name: "budget",
        overflow: "budget",
        spend: { rule: "budget", partition: () => [] },
      },
      window: { limit: 100, technique: "fixed", periods: periodsOf("month", "UTC") },
      reserves: true,
    } as const
    const take = { by: 0, holds: 0, ahead: 0 }
    await store.take([{ ...take, counted: rate, by: 4 }])
    await store.take([{ ...take, counted: budget, holds: 30 }], { id: "lease", ttl: 3_600_000 })
    await store.charge([{ counted: budget, by: 7 }])
    await log("append", [entryOf(1), entryOf(2)], limits)
    const saved = await settings("save", {
      document: '{"gateways":{}}',
      ifVersion: 0,
      audit: {
        id: "audit",
        when: new Date().toISOString(),
        who: "admin",
        from: null,
        forwarded_for: null,
        action: "gateway.create",
        kind: "gateway",
        account_id: "account",
        gateway_id: "gateway",
        resource_id: "gateway",
        before: null,
        after: {},
      },
    })
    assert.ok("done" in saved, JSON.stringify(saved))

    const holds = async (when: string): Promise<void> => {
      const peeked = await store.peek([rate, budget])
      assert.ok("uses" in peeked, when)
      assert.deepEqual(peeked.uses.map(({ current, held }) => [current, held]), [[4, 0], [7, 30]], when)
      const { entries } = await log("list", { scope, filters: [], page: 1, perPage: 10 }, limits)
      assert.deepEqual(
        entries.map(({ request_id }) => request_id).sort(),
        ["entry-000001", "entry-000002"],
        when,
      )
      const loaded = await settings("load", 0)
      assert.equal("done" in loaded && loaded.done.document, '{"gateways":{}}', when)
    }
    await holds("at first")
    for (const name of ["counts:account/gateway", "log:", "settings:"]) await objects.evict(name)
    await holds("after their eviction")
    await objects.kill()
    await objects.start()
    await holds("after the end of their machine")
    // What was known twice is still once.
    await log("append", [entryOf(2)], limits)
    await store.settle("lease", [{ counted: budget, by: 5 }])
    await objects.evict("counts:account/gateway")
    await store.settle("lease", [{ counted: budget, by: 5 }])
    const { uses } = await store.peek([budget]) as { uses: ReadonlyArray<{ current: number; held: number }> }
    assert.deepEqual(uses.map(({ current, held }) => [current, held]), [[12, 0]])
    assert.equal((await log("health")).entries, 2)
  })

  test("a log that fills its object drops its oldest entries, and takes the newest", async () => {
    const log = askObject<LogObject>(objects.namespace, "log", "little")
    const kept = async (number: number) =>
      await log("get", scope, `entry-${String(number).padStart(6, "0")}`, limits) !== undefined
    // 2,000 entries of 3,000 characters are three times what the object of these tests may have.
    for (let batch = 0; batch < 20; batch++) {
      const entries = Array.from({ length: 100 }, (_, at) => entryOf(batch * 100 + at, 3_000))
      await log("append", entries, limits)
    }
    const { entries, healthy } = await log("health")
    assert.ok(healthy)
    assert.ok(entries > 50 && entries < 1_000, `${entries} are kept`)
    assert.ok(await kept(1_999) && !await kept(0))
  })
})
