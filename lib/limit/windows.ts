/**
 * The arithmetic of limits: fixed and sliding windows over counts in buckets of one interval.
 *
 * Buckets are aligned to the clock (they start at whole multiples of the interval since 1970, UTC), as
 * Cloudflare's are. A fixed window is one bucket. A sliding window is Cloudflare's estimate from two: what the
 * previous bucket counted, times the part of it that the window still covers, and what the current one
 * counted. Times and intervals are whole milliseconds. Results are exact as long as a count times the interval
 * stays below 2^53; above, they may be off by one unit or one millisecond.
 *
 * @module
 */

/** A limit and the window in which it holds. */
export interface Window {
  /** How many units may be used; a whole number above 0. */
  readonly limit: number
  /** In milliseconds. */
  readonly interval: number
  readonly technique: "fixed" | "sliding"
}

/** What was counted in the bucket of a time and in the one before; a fixed window ignores the latter. */
export interface WindowUsage {
  readonly previous: number
  readonly current: number
}

/** The number of the bucket that a time lies in. */
export const bucketOf = ({ interval }: Window, now: number): number => Math.floor(now / interval)

/** Milliseconds until the bucket of a time ends; from 1 to the interval. */
export const untilReset = ({ interval }: Window, now: number): number => interval - now % interval

/** How long a counter must be kept after its first addition, in milliseconds. */
export const counterTtl = ({ interval, technique }: Window): number =>
  technique === "sliding" ? 2 * interval : interval

/** How many whole units are left; below zero once the limit is exceeded. */
export const remaining = (window: Window, { previous, current }: WindowUsage, now: number): number => {
  const { limit, interval, technique } = window
  const free = limit - current
  return technique === "fixed"
    ? Math.floor(free)
    : Math.floor((free * interval - previous * untilReset(window, now)) / interval)
}

/**
 * Milliseconds until so many units fit, if nobody uses any in between; 0 if they fit now.
 *
 * @param units from 1 to the limit
 */
export const waitFor = (window: Window, usage: WindowUsage, now: number, units: number): number => {
  if (remaining(window, usage, now) >= units) return 0
  const { limit, interval, technique } = window
  const left = untilReset(window, now)
  if (technique === "fixed") return left
  const freeNow = limit - usage.current - units
  return freeNow >= 0
    ? left - Math.floor(freeNow * interval / usage.previous)
    : left + interval - Math.floor((limit - units) * interval / usage.current)
}

/** Milliseconds until there is more room than now, if nobody uses any; until the reset if all is free. */
export const millisUntilMore = (window: Window, usage: WindowUsage, now: number): number => {
  const units = Math.max(0, remaining(window, usage, now)) + 1
  return units > window.limit ? untilReset(window, now) : waitFor(window, usage, now, units)
}

/** Milliseconds as the whole seconds of a header, rounded up, at least 1: waiting so long is always enough. */
export const wholeSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))
