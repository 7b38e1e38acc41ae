import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { makeCostsInFlight } from "../../lib/limit/costs-in-flight.ts"

const anyStep = fc.record({
  budget: fc.constantFrom("a", "b"),
  amount: fc.nat({ max: 100 }),
  pause: fc.nat({ max: 60_000 }),
  releases: fc.option(fc.nat({ max: 50 })),
})

test("makeCostsInFlight() sums what was added and is not released, however often a release is called", () => {
  fc.assert(fc.property(fc.array(anyStep, { maxLength: 29 }), (steps) => {
    const inFlight = makeCostsInFlight()
    const held: Array<{ budget: string; amount: number; release: () => void; isHeld: boolean }> = []
    let now = 0
    for (const { budget, amount, pause, releases } of steps) {
      now += pause
      held.push({ budget, amount, release: inFlight.add(budget, amount, now), isHeld: true })
      const one = releases === null ? undefined : held[releases]
      if (one !== undefined) {
        one.release()
        one.isHeld = false
      }
      for (const name of ["a", "b"]) {
        const due = held.filter((each) => each.isHeld && each.budget === name)
        assert.equal(inFlight.sum(name, now), due.reduce((sum, each) => sum + each.amount, 0))
      }
    }
  }))
})

test("makeCostsInFlight() forgets what is never released, after half an hour and before an hour", () => {
  const inFlight = makeCostsInFlight()
  const release = inFlight.add("a", 5, 1_000_000_000_000)
  assert.equal(inFlight.sum("a", 1_000_000_000_000 + 1_799_999), 5)
  assert.equal(inFlight.sum("a", 1_000_000_000_000 + 3_600_000), 0)
  inFlight.add("a", 3, 1_000_003_600_000)
  release()
  assert.equal(inFlight.sum("a", 1_000_003_600_000), 3)
})
