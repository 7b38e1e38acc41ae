/**
 * Days, weeks and months of a time zone.
 *
 * A period lasts from the first moment of its first date to the first moment of the date after its last one. A day has 23
 * or 25 hours where the clock is set forward or back, and does not begin at midnight where that hour is skipped.
 *
 * @module
 */

/** The kinds of calendar periods. Weeks begin on Monday (ISO 8601). */
export type CalendarUnit = "day" | "week" | "month"

/** A span of time, from its start up to but not at its end, in milliseconds since 1970. */
export interface Period {
  /** Differs from those of all other periods of its kind; the one before has the next lower. */
  readonly id: number
  readonly start: number
  readonly end: number
}

/** The length of periods: milliseconds, or a unit of a zone's calendar. */
export type PeriodLength = number | readonly [unit: CalendarUnit, zone: string]

/** Consecutive periods. */
export interface Periods {
  /** By which the same can be made elsewhere. */
  readonly of: PeriodLength
  /** The period that a time lies in. Quick while the time lies in the same one as the last. */
  readonly at: (time: number) => Period
}

const dayLength = 86_400_000
/** More than any zone has ever been ahead of UTC or behind it. */
const farthest = 16 * 3_600_000

/** The dates of one period, as days since 1970-01-01; `next` is the day after the last. */
interface Dates {
  readonly id: number
  readonly first: number
  readonly next: number
}

/** 1970-01-01 was a Thursday, three days after a Monday. */
const weekOf = (day: number): number => Math.floor((day + 3) / 7)

const datesOf = (unit: CalendarUnit, day: number): Dates => {
  if (unit === "day") return { id: day, first: day, next: day + 1 }
  if (unit === "week") {
    const first = 7 * weekOf(day) - 3
    return { id: weekOf(day), first, next: first + 7 }
  }
  const date = new Date(day * dayLength)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return {
    id: 12 * year + month,
    first: Date.UTC(year, month) / dayLength,
    next: Date.UTC(year, month + 1) / dayLength,
  }
}

/** The date of a time in a zone, as days since 1970-01-01. */
type DayOf = (time: number) => number

const utcDay: DayOf = (time) => Math.floor(time / dayLength)

const dayIn = (zone: string): DayOf => {
  if (zone === "UTC") return utcDay
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  })
  return (time) => {
    const date = { year: 0, month: 0, day: 0 }
    for (const { type, value } of format.formatToParts(time)) {
      if (type === "year" || type === "month" || type === "day") date[type] = Number(value)
    }
    return Date.UTC(date.year, date.month - 1, date.day) / dayLength
  }
}

/** The first moment of a date: found by halving, since neither its offset nor its hour can be known beforehand. */
const startOf = (day: number, dayOf: DayOf): number => {
  if (dayOf === utcDay) return day * dayLength
  let before = day * dayLength - farthest
  let from = day * dayLength + farthest
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2)
    if (dayOf(middle) < day) before = middle
    else from = middle
  }
  return from
}

/** Whether this runtime knows a time zone by its name in the IANA database; `UTC` is one. */
export const isTimeZone = (name: string): boolean => {
  // Offsets such as +05:30 are no zones, though some runtimes take them.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/**
 * The periods of a calendar.
 *
 * @param zone a name for which `isTimeZone` holds
 */
export const calendarPeriods = (unit: CalendarUnit, zone: string): Periods => {
  const dayOf = dayIn(zone)
  let last: Period = { id: 0, start: 0, end: 0 }
  const find = (time: number): Period => {
    let dates = datesOf(unit, dayOf(time))
    // A clock that is set back at midnight repeats a date: the moment then belongs to the period that its place says.
    let end = startOf(dates.next, dayOf)
    for (; time >= end; end = startOf(dates.next, dayOf)) dates = datesOf(unit, dates.next)
    let start = startOf(dates.first, dayOf)
    for (; time < start; start = startOf(dates.first, dayOf)) {
      dates = datesOf(unit, dates.first - 1)
      end = start
    }
    return { id: dates.id, start, end }
  }
  return { of: [unit, zone], at: (time) => time >= last.start && time < last.end ? last : last = find(time) }
}

/**
 * When a date begins in a time zone, in milliseconds since 1970.
 *
 * @param date the date as the time when it begins in UTC
 * @param zone a name for which `isTimeZone` holds
 */
export const dateIn = (zone: string, date: number): number =>
  startOf(Math.floor(date / dayLength), dayIn(zone))

/** Periods of a number of milliseconds, counted from 1970 (UTC). */
export const intervalPeriods = (length: number): Periods => {
  let last: Period = { id: 0, start: 0, end: length }
  return {
    of: length,
    at: (time) => {
      if (time >= last.start && time < last.end) return last
      const id = Math.floor(time / length)
      return last = { id, start: id * length, end: (id + 1) * length }
    },
  }
}
