import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { sharedTimers } from "../../lib/time/shared-timers.ts"

test("sharedTimers() fires each timer once, in order, not before it is due, and none that is cancelled", async () => {
  const start = sharedTimers()
  const fired: Array<string> = []
  const began = performance.now()
  const note = (name: string, length: number) => () => {
    assert.ok(performance.now() - began >= length - 1, name)
    fired.push(name)
  }
  const cancels = [
    start(20, note("first", 20)),
    start(20, note("cancelled in the middle", 20)),
    start(20, note("second", 20)),
    start(20, note("cancelled last", 20)),
    start(40, note("another length", 40)),
    start(0, note("none", 0)),
  ]
  cancels[1]?.()
  cancels[3]?.()
  await pause(80)
  assert.deepEqual(fired, ["none", "first", "second", "another length"])
  for (const cancel of cancels) cancel()
  await pause(30)
  assert.equal(fired.length, 4)
})

test("sharedTimers() starts anew after all were cancelled, and after all have fired", async () => {
  const start = sharedTimers()
  const fired: Array<number> = []
  for (let round = 0; round < 3; round++) {
    start(30, () => assert.fail("was cancelled"))()
    await pause(10)
    start(30, () => fired.push(round))
    await pause(60)
    assert.deepEqual(fired, Array.from({ length: round + 1 }, (_, index) => index))
  }
})

test("sharedTimers() lets a timer cancel others, and start more, while it fires", async () => {
  const start = sharedTimers()
  const fired: Array<string> = []
  let cancel = (): void => {}
  start(10, () => {
    fired.push("first")
    start(10, () => fired.push("third"))
    cancel()
  })
  cancel = start(10, () => fired.push("cancelled"))
  start(10, () => fired.push("second"))
  for (let tries = 0; tries < 200 && fired.length < 3; tries++) await pause(10)
  await pause(20)
  assert.deepEqual(fired, ["first", "second", "third"])
})

test("sharedTimers() takes any number of lengths", async () => {
  const start = sharedTimers()
  let fired = 0
  for (let length = 1; length <= 40; length++) start(length, () => fired++)
  await pause(100)
  for (let length = 101; length <= 140; length++) start(length, () => assert.fail())()
  assert.equal(fired, 40)
})
