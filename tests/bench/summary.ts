/**
 * The arithmetic of the bench: what a row of measured values comes to.
 *
 * @module
 */

/** A median and the quartiles around it, of `count` values. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly count: number
}

/** The value below which a share of the values lies, between neighbours by line. NaN without values. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? NaN
  const above = sorted[Math.ceil(place)] ?? NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** The value in the middle. */
export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

export const summarise = (values: ReadonlyArray<number>): Summary => ({
  median: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
  count: values.length,
})

const paired =
  (of: (a: number, b: number) => number) => (a: ReadonlyArray<number>, b: ReadonlyArray<number>): Summary =>
    summarise(a.slice(0, b.length).map((value, round) => of(value, b[round] ?? NaN)))

/** How many times `b` the values of `a` are, round by round. */
export const ratio = paired((a, b) => a / b)

/** How much more than `b` the values of `a` are, round by round. */
export const difference = paired((a, b) => a - b)
