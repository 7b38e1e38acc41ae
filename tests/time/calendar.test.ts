import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { calendarPeriods, type CalendarUnit, intervalPeriods, isTimeZone } from "../../lib/time/calendar.ts"

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "America/Havana",
  "Africa/Cairo",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Beirut",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
]
const units = ["day", "week", "month"] as const
const hour = 3_600_000

/** A time as a clock and a calendar of its zone show it. */
const shown = (time: number, zone: string) => {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  })
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]))
  return {
    date: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
    month: `${parts["year"]}-${parts["month"]}`,
    day: parts["day"],
    weekday: parts["weekday"],
    clock: `${parts["hour"]}:${parts["minute"]}:${parts["second"]}`,
  }
}

const at = (unit: CalendarUnit, zone: string, time: string) => {
  const { start, end } = calendarPeriods(unit, zone).at(Date.parse(time))
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString(), hours: (end - start) / hour }
}

test("a period holds its time, and its bounds are where Intl sees the date change", () => {
  let beginsAtMidnight = 0
  const times = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2045, 0) })
  fc.assert(
    fc.property(fc.constantFrom(...units), fc.constantFrom(...zones), times, (unit, zone, time) => {
      const { start, end } = calendarPeriods(unit, zone).at(time)
      assert.ok(start <= time && time < end)
      for (const bound of [start, end]) {
        const [before, first] = [shown(bound - 1, zone), shown(bound, zone)]
        assert.notEqual(before.date, first.date)
        if (unit === "month") assert.equal(first.day, "01")
        // Samoa had no 30 December 2011, a Friday.
        if (unit === "week") assert.equal(first.weekday, "Mon")
        if (first.clock === "00:00:00") beginsAtMidnight++
      }
      if (unit === "day") assert.equal(shown(time, zone).date, shown(start, zone).date)
      if (unit === "month") assert.equal(shown(time, zone).month, shown(start, zone).month)
    }),
    { numRuns: 500 },
  )
  assert.ok(beginsAtMidnight > 900)
})

test("periods follow each other without a gap, by consecutive ids, in whichever order they are asked for", () => {
  const times = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) })
  fc.assert(
    fc.property(fc.constantFrom(...units), fc.constantFrom(...zones), times, (unit, zone, time) => {
      const periods = calendarPeriods(unit, zone)
      const here = periods.at(time)
      const next = periods.at(here.end)
      const before = periods.at(here.start - 1)
      assert.deepEqual([next.start, next.id], [here.end, here.id + 1])
      assert.deepEqual([before.end, before.id], [here.start, here.id - 1])
      assert.deepEqual(periods.at(here.end - 1), here)
    }),
    { numRuns: 200 },
  )
})

test("days of 23, 24.5, 25 and 23.5 hours", () => {
  assert.deepEqual(at("day", "Europe/Berlin", "2026-03-29T12:00:00Z"), {
    from: "2026-03-28T23:00:00.000Z",
    to: "2026-03-29T22:00:00.000Z",
    hours: 23,
  })
  assert.equal(at("day", "Europe/Berlin", "2026-10-25T12:00:00Z").hours, 25)
  assert.equal(at("day", "Australia/Lord_Howe", "2026-04-05T00:00:00Z").hours, 24.5)
  assert.equal(at("day", "Australia/Lord_Howe", "2026-10-04T00:00:00Z").hours, 23.5)
})

test("a day whose midnight is skipped begins an hour later, and one that is set back at midnight is longer", () => {
  assert.equal(at("day", "Africa/Cairo", "2026-04-24T12:00:00Z").from, "2026-04-23T22:00:00.000Z")
  assert.equal(shown(Date.parse("2026-04-23T22:00:00Z"), "Africa/Cairo").clock, "01:00:00")
  assert.equal(at("day", "Africa/Cairo", "2026-10-29T12:00:00Z").hours, 25)
})

test("a clock that goes back over midnight by a minute repeats a date: every moment has one day still", () => {
  const periods = calendarPeriods("day", "America/St_Johns")
  const midnight = Date.UTC(2006, 9, 29, 2, 30)
  let last = periods.at(midnight - hour)
  for (let time = midnight - hour; time < midnight + 2 * hour; time += 30_000) {
    const period = calendarPeriods("day", "America/St_Johns").at(time)
    assert.ok(period.start <= time && time < period.end)
    assert.ok(period.id === last.id || (period.id === last.id + 1 && period.start === last.end))
    last = period
  }
})

test("a date that a zone skipped is nobody's", () => {
  const { from, to } = at("day", "Pacific/Apia", "2011-12-30T09:00:00Z")
  assert.deepEqual([from, to], ["2011-12-29T10:00:00.000Z", "2011-12-30T10:00:00.000Z"])
  assert.equal(at("day", "Pacific/Apia", "2011-12-30T10:00:00Z").from, "2011-12-30T10:00:00.000Z")
})

test("weeks begin on Monday, months have their length, and offsets of 30 and 45 minutes count", () => {
  assert.deepEqual(at("week", "UTC", "2026-11-29T23:59:59Z"), {
    from: "2026-11-23T00:00:00.000Z",
    to: "2026-11-30T00:00:00.000Z",
    hours: 168,
  })
  assert.equal(at("month", "UTC", "2028-02-29T00:00:00Z").hours, 29 * 24)
  assert.equal(at("month", "Asia/Kolkata", "2026-11-30T18:30:00Z").from, "2026-11-30T18:30:00.000Z")
  assert.equal(at("month", "Asia/Kathmandu", "2026-12-31T18:14:59Z").to, "2026-12-31T18:15:00.000Z")
  assert.equal(at("month", "Europe/Berlin", "2026-03-15T00:00:00Z").hours, 31 * 24 - 1)
})

test("intervals are counted from 1970", () => {
  const periods = intervalPeriods(60_000)
  assert.deepEqual(periods.at(59_999), { id: 0, start: 0, end: 60_000 })
  assert.deepEqual(periods.at(120_000), { id: 2, start: 120_000, end: 180_000 })
  assert.deepEqual(periods.at(1), { id: 0, start: 0, end: 60_000 })
})

test("isTimeZone() takes names of the IANA database, and no offsets", () => {
  for (const name of [...zones, "Etc/GMT+5"]) assert.ok(isTimeZone(name), name)
  for (const name of ["", "Berlin", "+05:30", "Europe/Berlin ", "Mars/Olympus"]) {
    assert.ok(!isTimeZone(name), name)
  }
})
