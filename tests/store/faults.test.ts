/** A shared store that fails: a real Redis that is killed in the middle of a burst, and networks that lose things. */
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, beforeEach, describe, test } from "node:test"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { OnStoreOutage, SpendLimits } from "../../lib/config/limit-rules.ts"
import { type AdmissionRequest, makeLimits } from "../../lib/limit/Limits.ts"
import { makeTcpLink } from "../../lib/runtime/redis-connection.ts"
import type { RedisLink } from "../../lib/store/redis/redis-link.ts"
import { makeRedisStore } from "../../lib/store/redis/make-redis-store.ts"
import { makeRestLink } from "../../lib/store/redis/rest-link.ts"
import type { RemoteStore } from "../../lib/store/remote-store.ts"
import { startRuntimeTimer } from "../../lib/time/Timer.ts"
import { type FaultyProxy, startFaultyProxy } from "../support/faulty-proxy.ts"
import { type RedisServer, startRedis, withoutRedis } from "../support/redis-server.ts"
import { startRestSimulator } from "../support/rest-simulator.ts"
import { warningsOf } from "../support/sqlite-cases.ts"

/** Short, since calls wait for it. */
const deadline = 500
/** Where nothing is waited for but a busy machine. */
const patience = 5000
const clock = { now: () => performance.now(), wall: () => Date.now() }
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const budgets = (limit: number, id: string = crypto.randomUUID(), reserve = true): SpendLimits => ({
  enabled: true,
  reserve,
  rules: [{ id, limit, limitType: "cost", window: "month", technique: "fixed", enabled: true }],
})

/** One gateway's limits over a link. */
const instance = (link: RedisLink, deadline = patience) => {
  const opened: RemoteStore = makeRedisStore({ link, clock, startTimer: startRuntimeTimer, deadline })
  const limits = makeLimits(opened.store, clock)
  const subject = { gateway: "a/g", key: "k", model: "m", provider: "baseten", metadata: {} }
  return {
    ...opened,
    /** Asks for a call that may cost so much, in USD. */
    enter: async (spend: SpendLimits, worst: number, outage: OnStoreOutage = "local") => {
      const asked: AdmissionRequest = {
        rules: [],
        subject,
        budgets: [{ limits: spend, subject }],
        expected: worst,
        worst,
        lease: spend.reserve ? { id: crypto.randomUUID(), ttl: 60_000 } : undefined,
        outage,
      }
      return await limits.admit(asked)
    },
    spent: async (spend: SpendLimits) => {
      const [state] = await limits.states(spend, subject)
      return state?.spent
    },
  }
}
type Instance = ReturnType<typeof instance>

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !await holds(); tries++) {
    assert.ok(tries < 400, what)
    await pause(50)
  }
}

describe("a shared store that fails", { skip: withoutRedis }, () => {
  let redis: RedisServer
  let proxy: FaultyProxy
  const folder = mkdtempSync(join(tmpdir(), "basegate-faults-"))
  before(async () => {
    redis = await startRedis(["--appendonly", "yes", "--appendfsync", "always", "--dir", folder])
    proxy = await startFaultyProxy(redis.port)
  })
  after(async () => {
    await proxy?.close()
    await redis?.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    proxy.fault = "none"
  })

  const withInstances = async (
    count: number,
    run: (...all: ReadonlyArray<Instance>) => Promise<void>,
    deadline?: number,
  ) => {
    const all = Array.from(
      { length: count },
      () => instance(makeTcpLink(`redis://127.0.0.1:${proxy.port}`), deadline),
    )
    try {
      for (const { store } of all) await store.peek([])
      await until("they are connected", async () => {
        const healths = await Promise.all(all.map(({ store }) => store.health?.()))
        return healths.every((health) => health?.healthy === true)
      })
      await run(...all)
    } finally {
      proxy.fault = "none"
      for (const { end } of all) await end()
    }
  }

  test("killed and started again in the middle of a burst: a budget that reserves is not overspent by `refuse`", async () => {
    await warningsOf(() =>
      withInstances(4, async (...all) => {
        const spend = budgets(1)
        let cost = 0
        let refusals = 0
        const calls = Array.from({ length: 400 }, async (_, index) => {
          await pause(index * 5)
          const call = await (all[index % 4] as Instance).enter(spend, 0.01, "refuse")
          if (Result.isFailure(call)) {
            if (call.failure.code === 2042) refusals++
            return
          }
          await pause(100)
          cost += 0.01
          await call.success.settle(0, 0.01)
        })
        await pause(400)
        await redis.kill()
        await pause(300)
        await redis.start()
        await Promise.all(calls)
        assert.ok(refusals > 0, "there was an outage")
        assert.ok(cost <= 1 + 1e-9, `${cost}`)
        await until("what was owed is counted", () => all.every(({ store }) => store.figures?.().owed === 0))
        await until("it has recovered", async () => (await all[0]?.store.health?.())?.healthy === true)
        const [first = assert.fail()] = all
        assert.ok(Math.abs((await first.spent(spend) ?? 0) - cost) < 1e-9, "every call is charged once")
      })
    )
  })

  test("while it is down: `allow` lets pass, `refuse` says 503 and 2042, `local` counts on from what was known", async () => {
    const warnings = await warningsOf(() =>
      withInstances(1, async (one = assert.fail()) => {
        const spend = budgets(1)
        const first = Result.getOrThrow(await one.enter(spend, 0.4))
        await first.settle(0, 0.4)
        await one.enter(spend, 0.1)
        proxy.fault = "down"
        assert.ok(Result.isSuccess(await one.enter(spend, 5, "allow")))
        const refused = Result.getOrThrow(Result.flip(await one.enter(spend, 0.1, "refuse")))
        assert.deepEqual([refused.status, refused.code, refused.headers?.["retry-after"]], [503, 2042, "1"])
        const local = Result.getOrThrow(await one.enter(spend, 0.5, "local"))
        const over = Result.getOrThrow(Result.flip(await one.enter(spend, 0.1, "local")))
        assert.equal(over.code, 2041)
        await local.settle(0, 0.3)
        assert.equal(await one.spent(spend), 0.7)
        assert.ok((one.store.figures?.().owed ?? 0) > 0)
        proxy.fault = "none"
        await until("what was owed is counted", () => one.store.figures?.().owed === 0)
        assert.equal(await one.spent(spend), 0.7)
        assert.ok((one.store.figures?.().outages.size ?? 0) > 0)
      })
    )
    const said = warnings.map(({ msg }) => String(msg).split(":")[0])
    assert.deepEqual(said.slice(0, 2), [
      "the store of limits cannot be used",
      "the store of limits can be used again",
    ])
  })

  test("what is to be done once is done by each process while the store is down, once", async () => {
    await warningsOf(() =>
      withInstances(2, async (one = assert.fail(), other = assert.fail()) => {
        const [before, meanwhile] = [crypto.randomUUID(), crypto.randomUUID()]
        assert.equal(await one.store.once(before, 60_000), true)
        proxy.fault = "down"
        const answers = []
        for (const each of [one, other]) {
          for (const key of [before, meanwhile, meanwhile]) answers.push(await each.store.once(key, 60_000))
        }
        assert.deepEqual(answers, [false, true, false, true, true, false])
      })
    )
  })

  for (const fault of ["silent", "answers lost", 3 * deadline] as const) {
    test(`a network with ${fault === 3 * deadline ? "late answers" : fault}: calls wait no longer than the deadline, then not at all, and nothing is counted twice`, async () => {
      await warningsOf(() =>
        withInstances(1, async (one = assert.fail()) => {
          const spend = budgets(10)
          const before = Result.getOrThrow(await one.enter(spend, 1))
          proxy.fault = fault
          await before.settle(0, 1)
          const began = performance.now()
          const calls = []
          for (let index = 0; index < 20; index++) calls.push(Result.getOrThrow(await one.enter(spend, 0.1)))
          assert.ok(performance.now() - began < 6 * deadline, `${performance.now() - began}`)
          for (const call of calls) await call.settle(0, 0.1)
          proxy.fault = "none"
          await until("what was owed is counted", () => one.store.figures?.().owed === 0)
          await until("it has recovered", async () => (await one.store.health?.())?.healthy === true)
          const spent = await one.spent(spend)
          assert.ok(Math.abs((spent ?? 0) - 3) < 1e-9, `${spent}`)
        }, deadline)
      )
    })
  }

  test("over HTTP: a service that is overloaded, broken or silent is an outage, and one that refuses says why", async () => {
    const rest = await startRestSimulator(makeTcpLink(redis.url))
    const warnings = await warningsOf(async () => {
      const faults = [
        { status: 429, body: '{"error":"ERR max requests limit exceeded"}' },
        { status: 502, body: "<html>bad gateway</html>" },
        { status: 200, body: "" },
        "silence",
      ] as const
      for (const fault of faults) {
        const one = instance(
          makeRestLink({ url: rest.url, token: Redacted.make(rest.token) }),
          deadline,
        )
        await until("it is reached", async () => (await one.store.health?.())?.healthy === true)
        rest.fault = fault
        const refused = Result.getOrThrow(Result.flip(await one.enter(budgets(1), 0.1, "refuse")))
        assert.equal(refused.code, 2042)
        rest.fault = undefined
        await one.end()
      }
      const stranger = instance(makeRestLink({ url: rest.url, token: Redacted.make("wrong") }))
      await stranger.enter(budgets(1), 0.1, "refuse")
      assert.deepEqual(await stranger.store.health?.(), { healthy: false, hasWorked: false })
      await stranger.end()
    })
    await rest.close()
    const refusal = warnings.find(({ reason }) => reason === "refused")
    assert.equal(refusal?.["detail"], "Unauthorized")
    assert.ok(!JSON.stringify(warnings).includes(rest.token))
  })
})
