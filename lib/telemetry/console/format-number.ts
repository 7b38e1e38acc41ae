/**
 * Formats numbers for people, in few columns, however large they are.
 *
 * @module
 */

/** A whole number from 0 in at most five columns: `9999`, `12.3k`, `123k`, `4.5M`. */
export const formatCount = (count: number): string => {
  if (count < 10_000) return String(count)
  for (const [unit, size] of [["k", 1e3], ["M", 1e6], ["G", 1e9]] as const) {
    const amount = count / size
    if (amount < 99.95) return `${amount.toFixed(1)}${unit}`
    if (amount < 999.5) return `${amount.toFixed(0)}${unit}`
  }
  return "999G+"
}

/** A time in milliseconds in at most five columns: `1.7ms`, `312ms`, `4.1s`, `2m05s`, `20m`, `1h02m`, `11h`. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)}ms`
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)}ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)}s`
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 3600 ? inTwo(seconds, "m", "s") : inTwo(Math.floor(seconds / 60), "h", "m")
}

/** Whole units of sixty, with the remainder if it is significant. */
const inTwo = (amount: number, unit: string, sixtieth: string): string => {
  const whole = Math.floor(amount / 60)
  return whole < 10 ? `${whole}${unit}${String(amount % 60).padStart(2, "0")}${sixtieth}` : `${whole}${unit}`
}

/** An amount in US dollars in at most nine columns; a millionth is the least that has digits. */
export const formatDollars = (amount: number): string => {
  if (amount === 0) return "$0"
  if (amount < 0.000_001) return "<$1e-6"
  if (amount >= 99_999) return `$${formatCount(amount)}`
  return `$${amount.toFixed(amount < 1 ? 6 : 2)}`
}
