import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { boundedMap } from "../../lib/store/bounded-map.ts"

const keys = ["a", "b", "c", "d", "e", "f", "g"]
const step = fc.record({
  key: fc.constantFrom(...keys),
  weight: fc.integer({ min: 1, max: 9 }),
  ttl: fc.integer({ min: 1, max: 20 }),
  pause: fc.integer({ min: 0, max: 5 }),
  read: fc.subarray(keys),
})

test("boundedMap(): in any sequence it holds no more than its capacity, and gives only what was set and has not expired", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const map = boundedMap<number>(8)
    const known = new Map<string, { value: number; weight: number; expires: number }>()
    let now = 0
    for (const [value, { key, weight, ttl, pause, read }] of steps.entries()) {
      now += pause
      map.set(key, value, weight, now + ttl, now)
      known.set(key, { value, weight, expires: now + ttl })
      assert.equal(map.get(key, now), weight <= 8 ? value : undefined)
      for (const other of read) {
        const found = map.get(other, now)
        assert.ok(found === undefined || found === known.get(other)?.value)
        assert.ok(found === undefined || now < (known.get(other)?.expires ?? 0))
      }
      assert.ok(map.weight() <= 8 && map.size() <= map.weight())
    }
    const later = now + 100
    const held = keys.filter((key) => map.get(key, now) !== undefined)
    const weights = held.map((key) => known.get(key)?.weight ?? 0)
    assert.equal(map.weight(), weights.reduce((sum, weight) => sum + weight, 0))
    for (const key of held) map.get(key, later)
    assert.deepEqual([map.size(), map.weight()], [0, 0])
  }))
})

test("boundedMap(): the least recently used makes room", () => {
  const map = boundedMap<number>(2)
  map.set("a", 1, 1, 100, 0)
  map.set("b", 2, 1, 100, 0)
  map.get("a", 0)
  map.set("c", 3, 1, 100, 0)
  assert.deepEqual([map.get("a", 0), map.get("b", 0), map.get("c", 0)], [1, undefined, 3])
})

test("boundedMap(): a round of sets finds every expired entry", () => {
  const map = boundedMap<number>(1_000)
  for (let index = 0; index < 100; index++) map.set(`${index}`, index, 1, index % 2 === 0 ? 10 : 1_000, 0)
  for (let index = 0; index < 100; index++) map.set("again", index, 1, 1_000, 10)
  assert.equal(map.size(), 51)
})
