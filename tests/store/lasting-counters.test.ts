import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { lastingCounters } from "../../lib/store/lasting-counters.ts"

const anyStep = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e"),
  rule: fc.constantFrom("one", "two"),
  by: fc.integer({ min: 0, max: 9 }),
  pause: fc.integer({ min: 0, max: 4 }),
})

test("lastingCounters(): a key never counts less than what was added to it, even without room", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), fc.integer({ min: 0, max: 4 }), (steps, most) => {
      const counters = lastingCounters(most)
      const added: Array<{ key: string; by: number; expires: number }> = []
      let now = 0
      for (const { key, rule, by, pause } of steps) {
        now += pause
        // A window ends for all at once.
        const end = (Math.floor(now / 20) + 1) * 20
        const name = `${rule} ${key} ${end}`
        counters.add(name, `${rule} ${end}`, by, end - now, now)
        added.push({ key: name, by, expires: end })
        for (const each of new Set(added.filter(({ expires }) => expires > now).map(({ key }) => key))) {
          const due = added.filter((one) => one.key === each).reduce((sum, one) => sum + one.by, 0)
          const [of = "", , until = ""] = each.split(" ")
          assert.ok(counters.count(each, `${of} ${until}`, now) >= due, each)
        }
        assert.ok(counters.size() <= most + 4)
      }
    }),
    { numRuns: 500 },
  )
})

test("lastingCounters() is exact as long as there is room, and keeps rules apart when there is none", () => {
  const counters = lastingCounters(2)
  counters.add("a", "rule", 5, 100, 0)
  counters.add("b", "rule", 1, 100, 0)
  counters.add("c", "rule", 2, 100, 0)
  counters.add("d", "rule", 3, 100, 0)
  counters.add("x", "other", 7, 100, 0)
  const counted = ["a", "b", "c", "d", "never"].map((key) => counters.count(key, "rule", 50))
  assert.deepEqual(counted, [5, 1, 5, 5, 5])
  assert.deepEqual([counters.count("x", "other", 50), counters.count("x", "third", 50)], [7, 0])
  assert.equal(counters.count("a", "rule", 100), 0)
})

test("lastingCounters(): expired counters make room, even if never read again", () => {
  const counters = lastingCounters(100)
  for (let index = 0; index < 10_000; index++) counters.add(`key-${index}`, "rule", 1, 50, index)
  assert.equal(counters.count("key-9999", "rule", 9_999), 1)
  assert.equal(counters.count("new", "rule", 9_999), 0)
})

test("lastingCounters() lists spending by rule and period, highest first, and the shared counter of keys without room", () => {
  const counters = lastingCounters(3)
  const spend = (rule: string, period: number, name: string, by: number) =>
    counters.add(
      name === "" ? `${rule} ${period}` : `${rule} ${name} ${period}`,
      `${rule} ${period}`,
      by,
      100,
      0,
      {
        rule,
        period,
        partition: () => name === "" ? [] : ["user", name],
      },
    )
  spend("r", 1, "ann", 5)
  spend("r", 2, "ann", 1)
  spend("r", 2, "bob", 3)
  spend("r", 2, "eve", 1)
  spend("r", 2, "mal", 1)
  spend("s", 2, "", 7)
  const list = (rule: string, carried: number, most = 10, now = 50) => {
    const { total, spent } = counters.list({ gateway: "g", rule, period: 2, carried, most }, now)
    return [total, ...spent.map(({ partition, previous, current }) => [partition?.[1], previous, current])]
  }
  assert.deepEqual(list("r", 0), [3, ["bob", 0, 3], [undefined, 0, 2], ["ann", 0, 1]])
  assert.deepEqual(list("r", 0.5), [3, ["ann", 5, 1], ["bob", 0, 3], [undefined, 0, 2]])
  assert.deepEqual(list("r", 0, 1), [3, ["bob", 0, 3]])
  assert.deepEqual(list("s", 0), [1, [undefined, 0, 7]])
  assert.deepEqual(
    counters.list({ gateway: "g", rule: "s", period: 2, carried: 0, most: 1 }, 0).spent[0]?.partition,
    [],
  )
  assert.deepEqual(list("r", 0, 10, 100), [0])
})
