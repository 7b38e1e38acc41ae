/**
 * Times as ISO 8601 writes them.
 *
 * @module
 */

/** The second that was asked for last, and how its times begin: a `Date` and its text cost ten times as much. */
let second = NaN
let beginning = ""

/** As `toISOString` of a `Date`: in UTC, with three digits of a second. Throws a `RangeError` for what is no time. */
export const isoTime = (milliseconds: number): string => {
  const time = Math.trunc(milliseconds)
  const begun = Math.floor(time / 1000)
  if (begun !== second) {
    beginning = new Date(begun * 1000).toISOString().slice(0, -4)
    second = begun
  }
  const rest = time - begun * 1000
  return `${beginning}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`
}
