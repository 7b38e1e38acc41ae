/** The cache around a call. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import type { CachedAnswer } from "../../lib/cache/cached-answer.ts"
import { cached } from "../../lib/call/cached.ts"
import { scripted, someCall } from "../support/some-call.ts"
import { virtualClock } from "../support/virtual-clock.ts"

const kept: CachedAnswer = {
  status: 200,
  statusText: "",
  headers: [["content-type", "application/json"]],
  body: new TextEncoder().encode("kept"),
  storedAt: 0,
}

/** A cached call, and in which order it did what. */
const run = async (call = someCall({ entry: { cache_ttl: 60 } }), found?: CachedAnswer) => {
  const { next, answers } = scripted()
  const log: Array<string> = []
  const clock = virtualClock()
  clock.pass(2_500)
  const stage = cached({
    cache: {
      limit: 1,
      lookup: () => {
        log.push("lookup")
        return found
      },
      put: () => {},
    },
    coalescer: {
      coalesce: (call, _, next) => {
        log.push("coalesce")
        return next(call)
      },
    },
    clock,
  }, (call) => {
    log.push("call")
    return next(call)
  })
  return { answer: Result.getOrThrow(await stage(call)), log, answers, call }
}

test("a cached answer is returned with its age, and costs nothing", async () => {
  const { answer, log, call } = await run(undefined, kept)
  assert.deepEqual(log, ["lookup"])
  assert.equal(answer.body, kept.body)
  const { headers, meter } = answer
  assert.deepEqual([headers.get("cf-aig-cache-status"), headers.get("age")], ["HIT", "2"])
  assert.deepEqual([call.report.cached, call.report.cost, meter], [true, 0, undefined])
})

test("a call that is not cached is made, through the coalescer", async () => {
  const { answer, log, answers } = await run()
  assert.deepEqual(log, ["lookup", "coalesce", "call"])
  assert.equal(answer, answers[0])
  assert.equal(answer.headers.get("cf-aig-cache-status"), "MISS")
})

test("a call without a time to live is not looked up", async () => {
  const { answer, log } = await run(someCall(), kept)
  assert.deepEqual(log, ["call"])
  assert.equal(answer.headers.get("cf-aig-cache-status"), null)
})

test("a caller that skips the cache is not answered from it, but may fill it", async () => {
  const call = someCall({ entry: { cache_ttl: 60 } })
  const options = { ...call.target.options, cache: { ...call.target.options.cache, lookup: false } }
  const { log } = await run(someCall({ entry: { cache_ttl: 60 }, change: { options } }), kept)
  assert.deepEqual(log, ["coalesce", "call"])
})

test("a call with side effects is made each time", async () => {
  const body = { model: "m", messages: [], store: true }
  const { log } = await run(someCall({ entry: { cache_ttl: 60 }, body }), kept)
  assert.deepEqual(log, ["call"])
})
