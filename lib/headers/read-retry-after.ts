/**
 * How long a server wants callers to wait before they try again: read from headers, or from the body of an error.
 *
 * All waits are in milliseconds from now, 0 or more. Values that cannot be parsed are ignored.
 *
 * @module
 */
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import type { HeaderReader } from "./header-reader.ts"

const decimal = /^\d+(?:\.\d+)?$/

const numberOf = (text: string): number | undefined => decimal.test(text) ? Number(text) : undefined

/** The three forms of an HTTP-date (RFC 9110 §5.6.7); `Date.parse` alone accepts much that is not a date. */
const zonedDate = /^\w{3,9}, \d\d[ -]\w{3}[ -](?:\d\d){1,2} \d\d:\d\d:\d\d GMT$/
const asctimeDate = /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

const dateOf = (text: string): number | undefined => {
  // The asctime form is in UTC but names no zone: without one it would be read as local time.
  const zoned = asctimeDate.test(text) ? `${text} GMT` : text
  const time = zoned !== text || zonedDate.test(text) ? Date.parse(zoned) : NaN
  return Number.isNaN(time) ? undefined : time
}

/**
 * The wait in an answer's headers: `retry-after-ms` (milliseconds; OpenAI's and Azure's, first because it is the more
 * exact one), else `Retry-After` (RFC 9110 §10.2.3: seconds, which some servers send with a fraction,
 * or a date).
 *
 * @param now the time, in milliseconds since 1970, that dates are compared with; a past date is 0
 */
export const retryAfterOfHeaders = (headers: HeaderReader, now: number): number | undefined => {
  const milliseconds = numberOf(headers.get("retry-after-ms") ?? "")
  if (milliseconds !== undefined) return milliseconds
  return retryAfterOf(headers.get("retry-after") ?? "", now)
}

/** The wait in the value of a `Retry-After` alone. */
export const retryAfterOf = (value: string, now: number): number | undefined => {
  const seconds = numberOf(value)
  if (seconds !== undefined) return seconds * 1_000
  const date = dateOf(value)
  return date === undefined ? undefined : Math.max(date - now, 0)
}

const secondsOf = (value: unknown): number | undefined => {
  if (typeof value === "string") return numberOf(value)
  return typeof value === "number" && value >= 0 ? value : undefined
}

/** The wait in an error's JSON text: Baseten's `retry_after`, in seconds, at the top or within `error`. */
export const retryAfterOfBody = (text: string): number | undefined => {
  const body = objectOf(parseOrUndefined(text))
  const seconds = secondsOf(body["retry_after"]) ?? secondsOf(objectOf(body["error"])["retry_after"])
  return seconds === undefined ? undefined : seconds * 1_000
}
