import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Counter } from "../../lib/store/counter.ts"
import { makeMemory, type MemoryOptions } from "../../lib/store/memory.ts"

/** A memory to which one counter is added at a time. */
const memoryOf = (options?: MemoryOptions) => {
  const memory = makeMemory(options)
  const add = (counter: Counter, by: number, ttl: number, now: number) =>
    memory.add([{ counter, by, ttl }], now)[0]
  return { ...memory, add, count: (counter: Counter, now: number) => add(counter, 0, 1, now) }
}

const counter = (key: string) => ({ gateway: "a/g", key })
const bytes = (length: number) => new Uint8Array(length)

test("add() sums, also negative amounts and fractions, and gives the sum", () => {
  const memory = memoryOf()
  assert.deepEqual([
    memory.add(counter("a"), 2, 10, 0),
    memory.add(counter("a"), -0.5, 10, 1),
    memory.count(counter("a"), 2),
  ], [
    2,
    1.5,
    1.5,
  ])
  assert.equal(memory.count(counter("b"), 0), 0)
})

test("add() makes several additions in their order", () => {
  const memory = makeMemory()
  const plus = (key: string, by: number) => ({ counter: counter(key), by, ttl: 10 })
  assert.deepEqual(memory.add([plus("a", 1), plus("b", 5), plus("a", 0), plus("a", 2), plus("c", 0)], 0), [
    1,
    5,
    1,
    3,
    0,
  ])
  assert.equal(memory.held().counters, 2)
})

test("add(): a counter's time counts from its first addition", () => {
  const memory = memoryOf()
  memory.add(counter("a"), 1, 10, 0)
  memory.add(counter("a"), 1, 10, 9)
  assert.equal(memory.count(counter("a"), 9), 2)
  assert.equal(memory.count(counter("a"), 10), 0)
  assert.equal(memory.add(counter("a"), 1, 10, 10), 1)
})

const steps = (...keys: ReadonlyArray<string>) =>
  fc.array(
    fc.record({
      key: fc.constantFrom(...keys),
      by: fc.integer({ min: -3, max: 3 }),
      ttl: fc.integer({ min: 1, max: 20 }),
      pause: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 100 },
  )

test("add(), count() agree with a plain model for any sequence that stays within bounds", () => {
  fc.assert(fc.property(steps("a", "b", "c", "d"), (steps) => {
    const memory = memoryOf({ maxCounters: 4 })
    const model = new Map<string, { sum: number; expires: number }>()
    let now = 0
    for (const { key, by, ttl, pause } of steps) {
      now += pause
      const known = model.get(key)
      const next = known !== undefined && known.expires > now
        ? { ...known, sum: known.sum + by }
        : { sum: by, expires: now + ttl }
      // Only read, a counter does not begin.
      if (by !== 0) model.set(key, next)
      assert.equal(memory.add(counter(key), by, ttl, now), next.sum)
      for (const [other, { sum, expires }] of model) {
        assert.equal(memory.count(counter(other), now), expires > now ? sum : 0)
      }
    }
  }))
})

test("add(): 1,000,000 distinct keys leave 100,000 counters, and one in use stays exact", () => {
  const memory = memoryOf()
  for (let index = 0; index < 1_000_000; index++) {
    memory.add(counter(`key-${index}`), 1, 1_000_000_000, index)
    if (index % 50_000 === 0) memory.add(counter("busy"), 1, 1_000_000_000, index)
  }
  assert.equal(memory.held().counters, 100_000)
  assert.equal(memory.count(counter("busy"), 1_000_000), 20)
  assert.equal(memory.count(counter("key-0"), 1_000_000), 0)
  assert.equal(memory.count(counter("key-999999"), 1_000_000), 1)
})

test("add(): expired counters are removed as others come, even if never read again", () => {
  const memory = memoryOf()
  for (let index = 0; index < 1_000; index++) memory.add(counter(`long-${index}`), 1, 1_000_000, 0)
  for (let index = 0; index < 100_000; index++) memory.add(counter(`short-${index}`), 1, 100, index)
  assert.ok(memory.held().counters < 2_500, `${memory.held().counters} are held`)
  assert.equal(memory.count(counter("long-0"), 100_000), 1)
})

test("add(): counters of one gateway do not displace those of another", () => {
  const memory = memoryOf({ maxCounters: 10 })
  memory.add(counter("a"), 1, 100, 0)
  for (let index = 0; index < 1_000; index++) {
    memory.add({ gateway: "a/other", key: `key-${index}` }, 1, 100, 0)
  }
  assert.equal(memory.count(counter("a"), 0), 1)
})

test("add(): a budget is not displaced by others of its gateway; those without room share one counter", () => {
  const memory = memoryOf({ maxCounters: 10 })
  const budget = (key: string) => ({ ...counter(key), overflow: "rule" })
  memory.add(budget("first"), 5, 100, 0)
  for (let index = 0; index < 1_000; index++) {
    memory.add(budget(`key-${index}`), 1, 100, 0)
    memory.add(counter(`key-${index}`), 1, 100, 0)
  }
  const counted = ["first", "key-0", "key-999", "never"].map((key) => memory.count(budget(key), 0))
  assert.deepEqual(counted, [5, 1, 991, 991])
  assert.equal(memory.held().counters, 21)
})

test("set() keeps bytes until they expire", () => {
  const memory = memoryOf()
  memory.set("a", bytes(3), 10, 0)
  assert.deepEqual(memory.get("a", 9), bytes(3))
  assert.equal(memory.get("a", 10), undefined)
  assert.equal(memory.held().bytes, 0)
})

test("set() drops the least recently used, and never holds more than maxBytes", () => {
  const memory = memoryOf({ maxBytes: 10_000 })
  for (let index = 0; index < 1_000; index++) {
    memory.set(`key-${index}`, bytes(1_000), 1_000, index)
    memory.get("key-0", index)
    assert.ok(memory.held().bytes <= 10_000)
  }
  assert.equal(memory.get("key-0", 999)?.byteLength, 1_000)
  assert.equal(memory.get("key-1", 999), undefined)
  assert.equal(memory.get("key-999", 999)?.byteLength, 1_000)
})

test("set() bounds the number of empty values as well", () => {
  const memory = memoryOf({ maxBytes: 10_000 })
  for (let index = 0; index < 1_000; index++) memory.set(`key-${index}`, bytes(0), 1_000, 0)
  assert.equal(memory.get("key-0", 0), undefined)
})

test("set() does not keep a value above an eighth of the room, nor what it replaces", () => {
  const memory = memoryOf({ maxBytes: 8_000 })
  memory.set("a", bytes(1_000), 10, 0)
  assert.equal(memory.get("a", 0)?.byteLength, 1_000)
  memory.set("a", bytes(1_001), 10, 0)
  assert.equal(memory.get("a", 0), undefined)
})

test("set() does not keep the buffer behind a view", () => {
  const memory = memoryOf()
  memory.set("a", bytes(1_000_000).subarray(0, 10), 10, 0)
  assert.equal(memory.get("a", 0)?.buffer.byteLength, 10)
})
