import assert from "node:assert/strict"
import { test } from "node:test"
import { startTimeouts } from "../../lib/upstream/timeouts.ts"

test("startClocks() never waits longer than the idle clock, which may begin meanwhile", () => {
  const clocks = startTimeouts({ headers: 900, idle: 300, total: undefined }, 0)
  assert.equal(clocks.check(0), 300)
  clocks.headersReceived()
  clocks.readStarted(10)
  clocks.chunkReceived()
  clocks.readStarted(20)
  assert.equal(clocks.check(300), 20)
  assert.equal(clocks.check(320), "idle")
})

test("startClocks() waits for headers as long as their own clock says, though the idle clock is shorter", () => {
  const clocks = startTimeouts({ headers: 900, idle: 300, total: undefined }, 0)
  assert.equal(clocks.check(700), 200)
  assert.equal(clocks.check(900), "first_byte_timeout")
})

test("startClocks() ends a call at its total, whatever else there is time for", () => {
  const clocks = startTimeouts({ headers: 900, idle: 300, total: 500 }, 0)
  assert.equal(clocks.check(400), 100)
  assert.equal(clocks.check(500), "total_timeout")
})
