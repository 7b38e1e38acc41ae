import assert from "node:assert/strict"
import process from "node:process"
import { test } from "node:test"
import { cpuMeter } from "./process-use.ts"

test("the CPU time of a process is counted from the call on, and of none where there is no such process", () => {
  const spent = cpuMeter(process.pid)
  let sum = 0
  for (let step = 0; step < 5_000_000; step++) sum += Math.sqrt(step)
  assert.ok(sum > 0)
  const passed = spent()
  assert.ok(process.platform === "linux" ? passed >= 0 : Number.isNaN(passed), `${passed}`)
  assert.ok(Number.isNaN(cpuMeter(2 ** 30)()))
})
