import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  type AttemptOutcome,
  type PastAttempt,
  type RetryPolicy,
  retryWait,
} from "../../lib/upstream/retry-policy.ts"

const policy: RetryPolicy = { maxAttempts: 5, delay: 1_000, backoff: "constant" }
const past: PastAttempt = {
  attempt: 1,
  outcome: 503,
  duration: 10,
  retryAfter: undefined,
  remaining: undefined,
  random: 0.5,
}
const isRetried = (outcome: AttemptOutcome, duration = 10): boolean =>
  retryWait(policy, { ...past, outcome, duration }) !== undefined

const policies = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 5 }),
  delay: fc.integer({ min: 0, max: 60_000 }),
  backoff: fc.constantFrom("constant" as const, "linear" as const, "exponential" as const),
})
const pastAttempts = fc.record({
  attempt: fc.integer({ min: 1, max: 6 }),
  outcome: fc.oneof(
    fc.integer({ min: 200, max: 599 }),
    fc.constantFrom(429, 503, 529, "provider_failed" as const, "provider_timeout" as const),
  ),
  duration: fc.integer({ min: 0, max: 2_000_000 }),
  retryAfter: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined }),
  remaining: fc.option(fc.integer({ min: -1_000, max: 200_000 }), { nil: undefined }),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
})

test("retryWait() retries only failures that another try may repair", () => {
  const retried = new Set([408, 425, 429])
  for (let status = 100; status <= 1_000; status++) {
    const expected = retried.has(status) || (status >= 500 && status <= 599 && status !== 508)
    assert.equal(isRetried(status), expected, `${status}`)
  }
  assert.deepEqual((["provider_failed", "provider_timeout"] as const).map((reason) => isRetried(reason)), [
    true,
    true,
  ])
  assert.deepEqual((["circuit_open", "internal", "draining"] as const).map((reason) => isRetried(reason)), [
    false,
    false,
    false,
  ])
})

test("retryWait() retries a 504 that came quickly, not one that took long", () => {
  assert.deepEqual([isRetried(504, 60_000), isRetried(504, 60_001), isRetried(503, 60_001)], [
    true,
    false,
    true,
  ])
})

test("retryWait() grows as the backoff says", () => {
  const waits = (backoff: RetryPolicy["backoff"]) =>
    [1, 2, 3, 4].map((attempt) => retryWait({ ...policy, backoff }, { ...past, attempt }))
  assert.deepEqual(waits("constant"), [1_000, 1_000, 1_000, 1_000])
  assert.deepEqual(waits("linear"), [1_000, 2_000, 3_000, 4_000])
  assert.deepEqual(waits("exponential"), [1_000, 2_000, 4_000, 8_000])
})

test("retryWait() waits longer after 529, and a second at least", () => {
  const after529 = (delay: number, random = 0.5) =>
    retryWait({ ...policy, delay }, { ...past, outcome: 529, random })
  assert.deepEqual([after529(1_000), after529(100), after529(0), after529(0, 0)], [
    4_000,
    1_334,
    1_334,
    1_000,
  ])
})

test("retryWait() waits longer if the server asks for it, and gives up if that is more than a minute", () => {
  const waits = [0, 999, 1_000.5, 7_000, 60_000, 60_000.5, 3_600_000, Infinity].map((retryAfter) =>
    retryWait(policy, { ...past, retryAfter })
  )
  assert.deepEqual(waits, [1_000, 1_000, 1_001, 7_000, 60_000, undefined, undefined, undefined])
})

test("retryWait() gives up where the wait leaves no time for a try", () => {
  const waits = [999, 1_000, 1_001].map((remaining) => retryWait(policy, { ...past, remaining }))
  assert.deepEqual(waits, [undefined, undefined, 1_000])
})

test("retryWait() keeps within its bounds for every policy, outcome and chance", () => {
  fc.assert(fc.property(policies, pastAttempts, (anyPolicy, anyPast) => {
    const wait = retryWait(anyPolicy, anyPast)
    if (anyPast.attempt >= anyPolicy.maxAttempts) assert.equal(wait, undefined)
    if (wait === undefined) return
    const { delay, backoff } = anyPolicy
    const unit = { constant: 1, linear: anyPast.attempt, exponential: 2 ** (anyPast.attempt - 1) }[backoff]
    const base = anyPast.outcome === 529 ? Math.max(4 * delay * unit, 4_000 / 3) : delay * unit
    const retryAfter = anyPast.retryAfter ?? 0
    assert.ok(retryAfter <= 60_000)
    assert.ok(Number.isInteger(wait) && wait >= 0 && wait <= 60_000)
    assert.ok(wait >= Math.min(Math.max(base * 0.75, retryAfter), 60_000), `${wait} is too short`)
    assert.ok(wait <= Math.max(base * 1.25, retryAfter) + 1, `${wait} is too long`)
    assert.ok(wait < (anyPast.remaining ?? Infinity))
  }))
})
