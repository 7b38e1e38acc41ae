/** Written settings of a store that cannot tell of other writers. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { makeFreshness } from "../../lib/settings-store/freshness.ts"

const begin = () => {
  let time = 0
  let loads = 0
  let answer: () => Promise<Result.Result<unknown, unknown>> = () => Promise.resolve(Result.succeed(1))
  const beside: Array<Promise<unknown>> = []
  const freshness = makeFreshness({
    lifetime: { renew: 1000, expire: 2000 },
    now: () => time,
    load: () => {
      loads++
      return answer()
    },
    whyNothing: () => "not reached",
  })
  return {
    loads: () => loads,
    beside,
    pass: (milliseconds: number) => void (time += milliseconds),
    answers: (next: typeof answer) => void (answer = next),
    ask: () => freshness.obstacle((work) => void beside.push(work)),
    problem: freshness.problem,
  }
}

test("until the first read each request reads by itself; then settings are fresh for a second, and are renewed in the background of one request", async () => {
  const { loads, beside, pass, ask } = begin()
  const [first, second] = [ask(), ask()]
  assert.ok(first instanceof Promise && second instanceof Promise)
  assert.deepEqual([await first, await second, loads()], [undefined, undefined, 2])
  pass(999)
  assert.deepEqual([ask(), loads()], [undefined, 2])
  pass(1)
  assert.deepEqual([ask(), ask(), loads(), beside.length], [undefined, undefined, 3, 1])
  await beside[0]
  pass(999)
  assert.deepEqual([ask(), loads()], [undefined, 3])
})

test("settings two seconds old are renewed before a request is answered, even if another renewal has begun", async () => {
  const { loads, pass, ask, answers } = begin()
  await ask()
  pass(1000)
  answers(() => new Promise(() => {}))
  assert.equal(ask(), undefined)
  pass(1000)
  answers(() => Promise.resolve(Result.succeed(2)))
  assert.equal(await ask(), undefined)
  assert.equal(loads(), 3)
})

test("if the store cannot be read, the last settings stay in force; if it never could be, nothing passes", async () => {
  const { loads, pass, ask, answers, problem } = begin()
  answers(() => Promise.resolve(Result.fail("gone")))
  assert.equal(await ask(), "not reached")
  assert.deepEqual([ask(), problem(), loads()], ["not reached", "not reached", 1])
  pass(2000)
  answers(() => Promise.resolve(Result.succeed(1)))
  assert.deepEqual([await ask(), problem()], [undefined, undefined])
  pass(2000)
  answers(() => Promise.resolve(Result.fail("gone")))
  assert.equal(await ask(), undefined)
  assert.equal(ask(), undefined)
})
