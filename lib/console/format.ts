/**
 * Formats figures for people. Unknown values are shown as a dash, never as 0.
 *
 * @module
 */

/** The text for an unknown value. */
export const unknown = "–"

type Known = number | null | undefined

const numbers = new Map<string, Intl.NumberFormat>()
const formatted = (value: number, options: Intl.NumberFormatOptions): string => {
  const key = JSON.stringify(options)
  const format = numbers.get(key) ?? new Intl.NumberFormat("en", options)
  numbers.set(key, format)
  return format.format(value)
}

/** A count in full: `12,345`. */
export const count = (value: Known): string =>
  value == null ? unknown : formatted(value, { maximumFractionDigits: 0 })

/** A shortened count: `12.3K`. */
export const short = (value: Known): string =>
  value == null
    ? unknown
    : value < 10_000
    ? count(value)
    : formatted(value, { notation: "compact", maximumSignificantDigits: 3 })

/** US dollars, with as many digits as small amounts need. */
export const money = (value: Known): string => {
  if (value == null) return unknown
  if (value === 0) return "$0"
  const size = Math.abs(value)
  if (size >= 10_000) return `$${short(value)}`
  if (size >= 1) return `$${formatted(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  return `$${formatted(value, { maximumSignificantDigits: 3, maximumFractionDigits: 12 })}`
}

/** A share as a percentage: `98.2 %`; unknown if the whole is 0. */
export const share = (part: Known, whole: Known): string => {
  if (part == null || whole == null || whole === 0) return unknown
  const percent = 100 * part / whole
  // Never 100 % if something is missing, nor 0 % if there is something.
  if (percent > 99.9 && percent < 100) return ">99.9 %"
  if (percent > 0 && percent < 0.1) return "<0.1 %"
  return `${formatted(percent, { maximumFractionDigits: 1 })} %`
}

/** Milliseconds: `340 ms`, `2.41 s`, `3 min 5 s`. */
export const time = (value: Known): string => {
  if (value == null) return unknown
  if (value < 1) return `${formatted(value, { maximumSignificantDigits: 2 })} ms`
  if (value < 1000) return `${formatted(value, { maximumFractionDigits: value < 10 ? 1 : 0 })} ms`
  if (value < 60_000) return `${formatted(value / 1000, { maximumSignificantDigits: 3 })} s`
  const seconds = Math.round(value / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`
}

export const bytes = (value: Known): string => {
  if (value == null) return unknown
  if (value < 1024) return `${value} B`
  return value < 1_048_576 ? `${(value / 1024).toFixed(1)} kB` : `${(value / 1_048_576).toFixed(1)} MB`
}

/** The change of a figure since the previous period; `undefined` if there is nothing to compare. */
export const change = (now: Known, before: Known): string | undefined => {
  if (now == null || before == null || before === 0) return undefined
  const percent = 100 * (now - before) / before
  if (Math.abs(percent) < 0.5) return "unchanged"
  if (percent > 999) return "more than ten times"
  return `${percent > 0 ? "+" : "−"}${formatted(Math.abs(percent), { maximumFractionDigits: 0 })} %`
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
})
const dayFormat = {
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
} as const
const ofOtherYears = new Intl.DateTimeFormat(undefined, { year: "numeric", ...dayFormat })
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
})

/** A moment in local time, with the day unless that is today, and the year unless it is this one. */
export const moment = (iso: string): string => {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return unknown
  if (date.getFullYear() !== new Date().getFullYear()) return ofOtherYears.format(date)
  return (date.toDateString() === new Date().toDateString() ? clock : dayAndClock).format(date)
}

/** Control characters (C0 without tab and line break, C1), and bidirectional marks and embeddings. */
const isHidden = (code: number): boolean =>
  (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f) ||
  code === 0x200e || code === 0x200f || (code >= 0x202a && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069)

/** A caller's text with such characters made visible, so that they have no effect. A blank text is quoted. */
export const visible = (text: string): string => {
  const shown = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (!isHidden(code)) return character
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\\u${code.toString(16).padStart(4, "0")}`
  }).join("")
  return shown !== "" && shown.trim() === "" ? `“${shown}”` : shown
}
