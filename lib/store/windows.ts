/**
 * The arithmetic of limits: fixed and sliding windows over counts in buckets.
 *
 * Buckets are periods of a calendar, or of one length; the latter are aligned to the clock (they start at whole multiples
 * of their length since 1970, UTC), as Cloudflare's are. A fixed window is one bucket. A sliding window is Cloudflare's
 * estimate from two buckets of one length: what the previous bucket counted, times the part of it that the window still
 * covers, and what the current one counted. Times and lengths are whole milliseconds. Results are exact as long as a count
 * times the length stays below 2^53; above, they may be off by one unit or one millisecond.
 *
 * @module
 */
import {
  calendarPeriods,
  type CalendarUnit,
  intervalPeriods,
  type Period,
  type Periods,
} from "../time/calendar.ts"

/** A limit and its window. */
export interface Window {
  /** The units that may be used; a whole number above 0. */
  readonly limit: number
  readonly periods: Periods
  /** `sliding` needs periods of one length. */
  readonly technique: "fixed" | "sliding"
}

/** What was counted in the current bucket and in the previous one, which a fixed window ignores. */
export interface WindowUsage {
  readonly previous: number
  readonly current: number
}

const known = new Map<string | number, Periods>()
/**
 * More lengths and zones than settings have at a time. When it is reached, all are forgotten, including those of
 * replaced settings.
 */
const mostKnown = 1_000

/**
 * The periods of a window, shared by all rules with the same window, so that the current period is computed once.
 *
 * @param length in seconds, or a calendar period
 */
export const periodsOf = (length: number | CalendarUnit, zone: string): Periods => {
  const name = typeof length === "number" ? length : `${length} ${zone}`
  let periods = known.get(name)
  if (periods === undefined) {
    periods = typeof length === "number"
      ? intervalPeriods(Math.round(1000 * length))
      : calendarPeriods(length, zone)
    if (known.size >= mostKnown) known.clear()
    known.set(name, periods)
  }
  return periods
}

const lengthOf = ({ start, end }: Period): number => end - start

/** The number of the current bucket. */
export const bucketOf = ({ periods }: Window, now: number): number => periods.at(now).id

/** Milliseconds until the current bucket ends; from 1 to its length. */
export const untilReset = ({ periods }: Window, now: number): number => periods.at(now).end - now

/** The length of the current bucket, in seconds. */
export const secondsOf = ({ periods }: Window, now: number): number => lengthOf(periods.at(now)) / 1000

/** How long the counter of the current bucket is needed, in milliseconds. */
export const counterTtl = ({ periods, technique }: Window, now: number): number => {
  const period = periods.at(now)
  return period.end - now + (technique === "sliding" ? lengthOf(period) : 0)
}

/** The whole units left; below zero once the limit is exceeded. */
export const remaining = (window: Window, { previous, current }: WindowUsage, now: number): number => {
  const { limit, periods, technique } = window
  const free = limit - current
  if (technique === "fixed") return Math.floor(free)
  const length = lengthOf(periods.at(now))
  return Math.floor((free * length - previous * untilReset(window, now)) / length)
}

/**
 * Milliseconds until a number of units fit, if none are used in between; 0 if they fit now.
 *
 * @param units from 1 to the limit
 */
export const waitFor = (window: Window, usage: WindowUsage, now: number, units: number): number => {
  if (remaining(window, usage, now) >= units) return 0
  const { limit, periods, technique } = window
  const left = untilReset(window, now)
  if (technique === "fixed") return left
  const length = lengthOf(periods.at(now))
  const freeNow = limit - usage.current - units
  return freeNow >= 0
    ? left - Math.floor(freeNow * length / usage.previous)
    : left + length - Math.floor((limit - units) * length / usage.current)
}

/** Milliseconds until there is more room than now if none is used meanwhile; until the reset if all of it is free. */
export const millisUntilMore = (window: Window, usage: WindowUsage, now: number): number => {
  const units = Math.max(0, remaining(window, usage, now)) + 1
  return units > window.limit ? untilReset(window, now) : waitFor(window, usage, now, units)
}

/** Milliseconds as the whole seconds of a header, rounded up, at least 1: waiting so long is always enough. */
export const wholeSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))
