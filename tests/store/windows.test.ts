import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { intervalPeriods } from "../../lib/time/calendar.ts"
import {
  bucketOf,
  counterTtl,
  millisUntilMore,
  periodsOf,
  remaining,
  secondsOf,
  untilReset,
  waitFor,
  wholeSeconds,
  type Window,
  type WindowUsage,
} from "../../lib/store/windows.ts"

const technique = fc.constantFrom("fixed" as const, "sliding" as const)
/** A window over buckets of so many milliseconds. */
interface IntervalWindow extends Window {
  readonly interval: number
}
const over = (window: Omit<IntervalWindow, "periods">): IntervalWindow => ({
  ...window,
  periods: intervalPeriods(window.interval),
})
const windows = fc.record({
  limit: fc.integer({ min: 1, max: 10_000 }),
  interval: fc.integer({ min: 1, max: 100_000 }),
  technique,
}).map(over)
const usages = fc.record({
  previous: fc.integer({ min: 0, max: 30_000 }),
  current: fc.integer({ min: 0, max: 30_000 }),
})
const times = fc.integer({ min: 0, max: 1_000_000_000 })

/** What the window will have counted at a later time, if nothing is added. */
const later = (window: Window, usage: WindowUsage, now: number, then: number): WindowUsage => {
  const rolled = bucketOf(window, then) - bucketOf(window, now)
  if (rolled === 0) return usage
  return { previous: rolled === 1 ? usage.current : 0, current: 0 }
}

/** Takes units one by one at the given pauses wherever there is room; gives how many were let through at each time. */
const letThrough = (window: IntervalWindow, pauses: ReadonlyArray<number>): ReadonlyArray<number> => {
  const counted = new Map<number, number>()
  const usageAt = (now: number): WindowUsage => ({
    previous: counted.get(bucketOf(window, now) - 1) ?? 0,
    current: counted.get(bucketOf(window, now)) ?? 0,
  })
  const times: Array<number> = []
  let now = 0
  for (const pause of pauses) {
    now += pause
    const usage = usageAt(now)
    if (remaining(window, usage, now) < 1) continue
    counted.set(bucketOf(window, now), usage.current + 1)
    times.push(now)
    const after = usageAt(now)
    if (window.technique === "sliding") {
      const covered = 1 - (now % window.interval) / window.interval
      assert.ok(after.previous * covered + after.current <= window.limit + 1e-9, "above its own estimate")
    }
  }
  return times
}

const small = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  interval: fc.integer({ min: 1, max: 30 }),
  technique,
}).map(over)
const pauses = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 200 })

test("room(): no window lets more than its limit through in one bucket, and sliding stays within its estimate", () => {
  fc.assert(fc.property(small, pauses, (window, steps) => {
    const perBucket = new Map<number, number>()
    for (const time of letThrough(window, steps)) {
      const bucket = bucketOf(window, time)
      perBucket.set(bucket, (perBucket.get(bucket) ?? 0) + 1)
    }
    for (const count of perBucket.values()) assert.ok(count <= window.limit)
  }))
})

test("room(): a refused amount would have exceeded the limit", () => {
  fc.assert(fc.property(windows, usages, times, (window, usage, now) => {
    const covered = window.technique === "sliding" ? untilReset(window, now) / window.interval : 0
    const estimate = usage.previous * covered + usage.current
    const left = remaining(window, usage, now)
    assert.ok(estimate + left <= window.limit + 1e-6 && estimate + left + 1 > window.limit - 1e-6)
  }))
})

test("room() of a sliding window: the previous bucket counts for the part still covered", () => {
  const window = over({ limit: 100, interval: 60_000, technique: "sliding" })
  assert.equal(remaining(window, { previous: 80, current: 10 }, 60_000), 10)
  assert.equal(remaining(window, { previous: 80, current: 10 }, 75_000), 30)
  assert.equal(remaining(window, { previous: 80, current: 10 }, 119_999), 89)
  assert.equal(remaining({ ...window, technique: "fixed" }, { previous: 80, current: 10 }, 75_000), 90)
})

test("bucketOf(), untilReset(): buckets are aligned to the clock", () => {
  const window = over({ limit: 1, interval: 60_000, technique: "fixed" })
  const noon = Date.UTC(2026, 0, 1, 12)
  assert.equal(untilReset(window, noon), 60_000)
  assert.equal(untilReset(window, noon + 59_999), 1)
  assert.equal(bucketOf(window, noon + 59_999), bucketOf(window, noon))
  assert.equal(bucketOf(window, noon + 60_000), bucketOf(window, noon) + 1)
})

test("a calendar window is one period: waits last until its end, and so does its counter", () => {
  const window: Window = { limit: 10, periods: periodsOf("month", "Europe/Berlin"), technique: "fixed" }
  const now = Date.parse("2026-11-29T23:00:00Z")
  const spent = { previous: 9, current: 10 }
  assert.equal(remaining(window, spent, now), 0)
  assert.equal(waitFor(window, spent, now, 1), 86_400_000)
  assert.equal(untilReset(window, now), 86_400_000)
  assert.equal(counterTtl(window, now), 86_400_000)
  assert.equal(secondsOf(window, now), 30 * 86_400)
  assert.equal(bucketOf(window, now + 86_400_000), bucketOf(window, now) + 1)
  assert.equal(periodsOf("month", "Europe/Berlin"), window.periods)
})

test("waitFor(): the wait is enough, a millisecond less is not, and two intervals bound it", () => {
  fc.assert(
    fc.property(
      windows,
      usages,
      times,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (window, usage, now, part) => {
        const units = 1 + Math.floor(part * (window.limit - 1))
        const wait = waitFor(window, usage, now, units)
        const fitsAfter = (ms: number) =>
          remaining(window, later(window, usage, now, now + ms), now + ms) >= units
        assert.ok(Number.isInteger(wait) && wait >= 0 && wait <= 2 * window.interval, `${wait}`)
        assert.ok(fitsAfter(wait))
        assert.ok(wait === 0 || !fitsAfter(wait - 1))
      },
    ),
  )
})

test("untilMore(): there is more room then, and not before; the reset where all is free", () => {
  fc.assert(fc.property(windows, usages, times, (window, usage, now) => {
    const free = Math.max(0, remaining(window, usage, now))
    const wait = millisUntilMore(window, usage, now)
    const freeAfter = (ms: number) => remaining(window, later(window, usage, now, now + ms), now + ms)
    if (free === window.limit) return assert.equal(wait, untilReset(window, now))
    assert.ok(freeAfter(wait) > free && freeAfter(wait - 1) <= free)
  }))
})

test("wholeSeconds() rounds up, to 1 at least", () => {
  assert.deepEqual([0, 1, 1000, 1001].map(wholeSeconds), [1, 1, 1, 2])
})
