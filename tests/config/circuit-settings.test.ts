import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CircuitBreaker, circuitSettings } from "../../lib/config/circuit-settings.ts"

const decode = Schema.decodeUnknownResult(CircuitBreaker)
const settingsOf = (entry: unknown) =>
  Result.map(decode(entry, { onExcessProperty: "error" }), circuitSettings)

test("circuitSettings() fills in every default of an empty object", () => {
  assert.deepEqual(
    settingsOf({}),
    Result.succeed({ windowMs: 30_000, minimumCalls: 10, failureRate: 0.5, openMs: 15_000 }),
  )
})

test("circuitSettings() takes seconds to milliseconds", () => {
  assert.deepEqual(
    settingsOf({ failure_rate: 1, minimum_calls: 1, window: 1, open: 3_600 }),
    Result.succeed({ windowMs: 1_000, minimumCalls: 1, failureRate: 1, openMs: 3_600_000 }),
  )
})

test("CircuitBreaker refuses values out of range, unknown keys and other types", () => {
  const wrong = [
    { failure_rate: 0 },
    { failure_rate: 1.01 },
    { failure_rate: NaN },
    { minimum_calls: 0 },
    { minimum_calls: 1.5 },
    { window: 0 },
    { window: 3_601 },
    { open: 0.5 },
    { open: "5" },
    { rate: 0.5 },
    true,
    null,
  ]
  for (const entry of wrong) assert.ok(Result.isFailure(settingsOf(entry)), JSON.stringify(entry))
})
