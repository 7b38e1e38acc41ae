/** Stores whose Redis is several servers: a Cluster, and one that a sentinel watches. */
import assert from "node:assert/strict"
import { makeTcpLink } from "../../../lib/runtime/redis-connection.ts"
import { makeRedisStore } from "../../../lib/store/redis/make-redis-store.ts"
import type { Counted } from "../../../lib/store/counted.ts"
import { periodsOf } from "../../../lib/store/windows.ts"
import { startRuntimeTimer } from "../../../lib/time/Timer.ts"
import { startCluster, startSentinel } from "../../support/redis-groups.ts"
import { type Case, warningsOf } from "../../support/sqlite-cases.ts"
import { casesOf } from "../conformance/cases.ts"

const clock = { now: () => performance.now(), wall: () => Date.now() }
const open = (url: string, deadline = 10_000) =>
  makeRedisStore({ link: makeTcpLink(url), clock, startTimer: startRuntimeTimer, deadline })

const gateway = "moving/gateway"
const rate = (name: string, limit: number): Counted => ({
  count: { gateway, name, overflow: undefined, spend: undefined },
  window: { limit, technique: "fixed", periods: periodsOf(86_400, "UTC") },
})
const taking = async (
  store: ReturnType<typeof open>["store"],
  counted: Counted,
): Promise<boolean | undefined> => {
  const taken = await store.take([{ counted, by: 1, holds: 0, ahead: 0 }])
  return "passed" in taken ? taken.passed : undefined
}

const chosen = [
  "of many takes at once as many pass as there is room for, and no more",
  "what a lease holds fills a budget, for all who count with it, until it is settled with what it cost",
  "the parts of a budget count for themselves, and are listed, the most spent first",
  "what is to be done once is done by the first of all who ask, until it is forgotten",
  "values are kept for as long as they may be, for all who share them",
]

/** The cases. */
export const cases: Readonly<Record<string, Case>> = {
  "a Cluster keeps what it promises, also when any of its nodes is named alone": async () => {
    const cluster = await startCluster()
    try {
      let next = 0
      const urls = cluster.nodes.map(({ url }) => url)
      const all = casesOf({ open: () => open(urls[next++ % 3] ?? "") })
      for (const name of chosen) await all[name]?.()
    } finally {
      await cluster.close()
    }
  },

  "a slot that moves in the middle of a burst neither loses a count nor lets one pass": async () => {
    const cluster = await startCluster()
    const [first, second, third] = cluster.nodes.map(({ url }) => url)
    const nodes = [second, third].map((url) => `node=${new URL(url ?? "").host}`).join("&")
    const { store, end } = open(`${first}?${nodes}`)
    try {
      const counted = rate("moving", 300)
      const key = `basegate:{${gateway}}`
      const answers: Array<Promise<boolean | undefined>> = []
      await taking(store, counted)
      const from = cluster.ownerOf(key)
      const to = cluster.nodes.find((node) => node !== from) ?? assert.fail()
      const moving = cluster.move(key, to)
      for (let index = 0; index < 400; index++) {
        answers.push(taking(store, counted))
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      await moving
      const passed = (await Promise.all(answers)).filter((answer) => answer === true).length
      assert.deepEqual(await Promise.all(answers).then((all) => all.filter((each) => each === undefined)), [])
      assert.equal(passed, 299)
      assert.equal(cluster.ownerOf(key), to)
    } finally {
      await end()
      await cluster.close()
    }
  },

  "a replica takes over where the primary dies, and counts on": async () => {
    const group = await startSentinel()
    const { store, end } = open(group.url, 500)
    try {
      await warningsOf(async () => {
        const counted = rate("failing over", 10)
        for (let taken = 0; taken < 4; taken++) assert.equal(await taking(store, counted), true)
        await group.primary.kill()
        let answer: boolean | undefined
        const began = performance.now()
        while (answer === undefined) {
          answer = await taking(store, counted)
          assert.ok(performance.now() - began < 30_000, "nobody takes over")
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        const passed = []
        for (let taken = 0; taken < 10; taken++) passed.push(await taking(store, counted))
        // What the primary had not told the replica when it died is forgotten; what was not answered in time may count.
        const counts = passed.filter((each) => each === true).length + Number(answer) + 4
        assert.ok(counts <= 14, `${counts}`)
        assert.equal(passed.at(-1), false)
      })
    } finally {
      await end()
      await group.close()
    }
  },
}
