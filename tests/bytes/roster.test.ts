/** Objects that come and go. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type Member, Roster } from "../../lib/bytes/roster.ts"

test("a roster has the members that a set would have", () => {
  const steps = fc.array(fc.record({ index: fc.nat(7), comes: fc.boolean() }), { maxLength: 60 })
  fc.assert(fc.property(steps, (steps) => {
    const objects = Array.from({ length: 8 }, (): Member => ({ place: -1 }))
    const roster = new Roster<Member>()
    const set = new Set<Member>()
    for (const { index, comes } of steps) {
      const object = objects[index] ?? assert.fail()
      if (comes) {
        roster.add(object)
        set.add(object)
      } else {
        roster.delete(object)
        set.delete(object)
      }
      const members = roster.all()
      assert.equal(members.length, set.size)
      assert.ok(members.every((member) => set.has(member)))
    }
  }))
})
