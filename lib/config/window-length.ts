/**
 * The window of a limit, as an operator writes it: seconds, or a day, a week or a month of the calendar.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { integer, oneOf, text } from "../schema/expected.ts"
import { type CalendarUnit, isTimeZone } from "../time/calendar.ts"

/** How long a window is: so many seconds, or a period of the calendar. */
export type WindowLength = number | CalendarUnit

/** The most seconds of a window: 31 days. */
export const maxSeconds = 31 * 24 * 3600

/** The setting of a window's length. */
export const WindowSetting = Schema.Union([oneOf("day", "week", "month"), integer(1, maxSeconds)])

/** The setting of a calendar's time zone. */
export const TimeZone = text('an IANA time zone, such as "UTC" or "Europe/Berlin"', isTimeZone)

/** The time zone of a calendar that names none. */
export const defaultZone = "UTC"

/** What a rule says of its window. */
interface WindowRule {
  readonly window?: WindowLength
  readonly time_zone?: string
  readonly technique?: "fixed" | "sliding"
}

const secondsAbout = { day: 86_400, week: 604_800, month: 2_592_000 } as const

/** What does not go together in a rule's window, as what was expected; `undefined` if all does. */
export const windowProblem = ({ window, time_zone, technique }: WindowRule): string | undefined => {
  if (typeof window !== "string") {
    return time_zone === undefined
      ? undefined
      : 'Expected window "day", "week" or "month" beside time_zone: seconds have no time zone'
  }
  if (technique !== "sliding") return undefined
  return `Expected technique "fixed" beside window "${window}": a sliding window takes seconds, such as ` +
    `${secondsAbout[window]}`
}

/**
 * A window in words, after "per".
 *
 * @param seconds stands after a number of seconds
 */
export const windowText = (length: WindowLength, zone: string, seconds: string): string =>
  typeof length === "number" ? `${length}${seconds}` : `${length} in ${zone}`
