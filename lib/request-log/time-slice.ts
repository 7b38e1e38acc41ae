/**
 * A span of time.
 *
 * @module
 */

/** From `since` (inclusive) until `until` (exclusive), in milliseconds since 1970. */
export interface TimeSlice {
  readonly since: number
  readonly until: number
}

/** The bounds of dates. */
const [first, last] = [-8.64e15, 8.64e15]

/** The slice between two bounds, which may be infinite. */
export const sliceOf = (since: number, until: number): TimeSlice => ({
  since: Math.max(first, since),
  until: Math.min(last, until),
})
