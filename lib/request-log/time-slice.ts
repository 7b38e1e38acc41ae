/**
 * A span of time.
 *
 * @module
 */

/** From, and up to but not at, in milliseconds since 1970. */
export interface TimeSlice {
  readonly since: number
  readonly until: number
}

/** The bounds of what a date can be. */
const [first, last] = [-8.64e15, 8.64e15]

/** The slice of two bounds, which may be infinite. */
export const sliceOf = (since: number, until: number): TimeSlice => ({
  since: Math.max(first, since),
  until: Math.min(last, until),
})
