import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type Circuit, isHostFailure, type Permit, startCircuit } from "../../lib/upstream/circuit.ts"

const settings = { windowMs: 10_000, minimumCalls: 4, failureRate: 0.5, openMs: 5_000 }

const pass = (circuit: Circuit, now: number): Permit => {
  const passage = circuit.enter(settings, now)
  if (typeof passage === "number") return assert.fail(`refused for ${passage} ms`)
  return passage
}
const call = (circuit: Circuit, now: number, ok: boolean): void => void pass(circuit, now).done(ok, now)
const opened = (now: number): Circuit => {
  const circuit = startCircuit()
  for (let calls = 0; calls < 4; calls++) call(circuit, now, false)
  return circuit
}

test("a circuit opens at the failure rate, not before the minimum of calls", () => {
  const circuit = startCircuit()
  for (const ok of [false, false, false]) call(circuit, 0, ok)
  assert.equal(pass(circuit, 0).state, "closed")
  call(circuit, 0, false)
  assert.equal(circuit.enter(settings, 0), 5_000)
  assert.equal(circuit.enter(settings, 4_000), 1_000)
})

test("a circuit stays closed below the failure rate", () => {
  const circuit = startCircuit()
  for (let now = 0; now < 100_000; now += 100) call(circuit, now, now % 400 !== 0)
  assert.equal(pass(circuit, 100_000).state, "closed")
})

test("a circuit forgets failures that have left the window", () => {
  const circuit = startCircuit()
  for (const now of [0, 0, 0]) call(circuit, now, false)
  call(circuit, 10_000, false)
  assert.equal(pass(circuit, 10_000).state, "closed")
  for (const now of [10_001, 10_002, 10_003]) call(circuit, now, false)
  assert.equal(typeof circuit.enter(settings, 10_003), "number")
})

test("a half-open circuit lets one probe pass, whose success closes it with a clean slate", () => {
  const circuit = opened(0)
  const probe = pass(circuit, 5_000)
  assert.equal(probe.state, "half_open")
  assert.equal(circuit.enter(settings, 5_001), 4_999)
  probe.done(true, 5_002)
  for (let failures = 0; failures < 3; failures++) {
    const passage = pass(circuit, 5_003)
    assert.equal(passage.state, "closed")
    passage.done(false, 5_003)
  }
  assert.equal(pass(circuit, 5_003).state, "closed")
})

test("a probe that fails opens the circuit for the whole time again", () => {
  const circuit = opened(0)
  pass(circuit, 5_000).done(false, 6_000)
  assert.equal(circuit.enter(settings, 6_000), 5_000)
})

test("a probe that never reports is followed by another, and either may decide", () => {
  const circuit = opened(0)
  const slow = pass(circuit, 5_000)
  assert.equal(typeof circuit.enter(settings, 9_999), "number")
  assert.equal(pass(circuit, 10_000).state, "half_open")
  slow.done(true, 10_500)
  assert.equal(pass(circuit, 10_501).state, "closed")
})

test("a report counts once, and not after the circuit has changed", () => {
  const circuit = startCircuit()
  const passage = pass(circuit, 0)
  for (let reports = 0; reports < 10; reports++) passage.done(false, 0)
  assert.equal(pass(circuit, 0).state, "closed")

  const late = [pass(circuit, 0), pass(circuit, 0), pass(circuit, 0)]
  for (let calls = 0; calls < 3; calls++) call(circuit, 0, false)
  const probe = pass(circuit, 5_000)
  for (const report of late) report.done(true, 5_001)
  assert.equal(typeof circuit.enter(settings, 5_002), "number")
  probe.done(true, 5_003)
  for (const report of late) report.done(false, 5_004)
  assert.equal(pass(circuit, 5_005).state, "closed")
})

test("a circuit opens exactly when enough calls within the window have failed", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (outcomes) => {
    const circuit = startCircuit()
    let failures = 0
    for (const [index, ok] of outcomes.entries()) {
      call(circuit, index * 200, ok)
      if (!ok) failures++
      if (index + 1 < settings.minimumCalls || failures / (index + 1) < settings.failureRate) continue
      return assert.equal(circuit.enter(settings, index * 200), settings.openMs)
    }
    assert.equal(pass(circuit, 8_000).state, "closed")
  }))
})

test("a circuit is never wedged, and lets one probe at a time pass, whatever its calls report", () => {
  const steps = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 3_000 }),
      report: fc.constantFrom("ok", "failed", "failed", "later", "never"),
    }),
    { maxLength: 80 },
  )
  fc.assert(fc.property(steps, (calls) => {
    const circuit = startCircuit()
    const pending: Array<Permit> = []
    let now = 0
    let probing: number | undefined
    const report = (passage: Permit | undefined, ok: boolean): void => {
      if (passage?.state === "half_open") probing = undefined
      passage?.done(ok, now)
    }
    for (const { wait, report: kind } of calls) {
      now += wait
      const passage = circuit.enter(settings, now)
      if (typeof passage === "number") {
        assert.ok(passage > 0 && passage <= settings.openMs)
        report(pending.shift(), kind === "ok")
        continue
      }
      if (passage.state === "half_open") {
        assert.ok(probing === undefined || now - probing >= settings.openMs)
        probing = now
      }
      if (kind === "later") pending.push(passage)
      else if (kind !== "never") report(passage, kind === "ok")
    }
    assert.equal(typeof circuit.enter(settings, now + settings.openMs), "object")
  }))
})

test("speaksAgainstHost() counts 5xx and calls without an answer, not refusals", () => {
  const outcomes = [200, 404, 429, 500, 529, "provider_failed", "provider_timeout", "circuit_open"] as const
  assert.deepEqual(outcomes.map(isHostFailure), [false, false, false, true, true, true, true, false])
})

test("a circuit reports its state, and how long until a probe may pass", () => {
  const circuit = startCircuit()
  const settings = { windowMs: 1000, minimumCalls: 1, failureRate: 0.5, openMs: 500 }
  assert.deepEqual(circuit.state(0), { kind: "closed", waits: 0 })
  const permit = circuit.enter(settings, 0)
  if (typeof permit !== "number") permit.done(false, 10)
  assert.deepEqual(circuit.state(110), { kind: "open", waits: 400 })
  assert.deepEqual(circuit.state(600), { kind: "half_open", waits: 0 })
})
