/**
 * Calendar months in the browser's time zone.
 *
 * @module
 */

/** The browser's time zone, in the form of the API. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC"

const two = (value: number): string => String(value).padStart(2, "0")

/** The month (`2026-11`) that is a number of months after another. */
export const monthAfter = (month: string, by: number): string => {
  const [year = 0, number = 1] = month.split("-").map(Number)
  const date = new Date(Date.UTC(year, number - 1 + by, 1))
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}`
}

/** The month of a moment. */
export const monthOf = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}`

/** When a month begins, in milliseconds since 1970. */
export const beginOfMonth = (month: string): number => {
  const [year = 0, number = 1] = month.split("-").map(Number)
  return new Date(year, number - 1, 1).getTime()
}

const long = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" })
const short = new Intl.DateTimeFormat(undefined, { month: "short" })

/** `November 2026`. */
export const monthName = (month: string): string => long.format(beginOfMonth(month) + 86_400_000)

/** `Nov`; for January, its year. */
export const shortMonth = (time: number): string => {
  const date = new Date(time + 86_400_000)
  return date.getMonth() === 0 ? String(date.getFullYear()) : short.format(date)
}
