import assert from "node:assert/strict"
import { test } from "node:test"
import { Timeouts } from "../../lib/upstream/timeouts.ts"

test("Timeouts never wait longer than the idle timeout, which may begin meanwhile", () => {
  const timeouts = new Timeouts({ headers: 900, idle: 300, total: undefined }, 0)
  assert.equal(timeouts.check(0), 300)
  timeouts.headersReceived()
  timeouts.readStarted(10)
  timeouts.chunkReceived()
  timeouts.readStarted(20)
  assert.equal(timeouts.check(300), 20)
  assert.equal(timeouts.check(320), "idle")
})

test("Timeouts wait for headers as long as those may take, though the idle timeout is shorter", () => {
  const timeouts = new Timeouts({ headers: 900, idle: 300, total: undefined }, 0)
  assert.equal(timeouts.check(700), 200)
  assert.equal(timeouts.check(900), "first_byte_timeout")
})

test("Timeouts end a call at its total time, whatever the other timeouts", () => {
  const timeouts = new Timeouts({ headers: 900, idle: 300, total: 500 }, 0)
  assert.equal(timeouts.check(400), 100)
  assert.equal(timeouts.check(500), "total_timeout")
})
