/**
 * Times counted in slots that grow by 4 %, so that percentiles of any number of requests can be stored and added.
 * A percentile is the middle of its slot: within 2 % of the exact one.
 *
 * @module
 */
import type { Percentiles } from "./analytics-query.ts"

const growth = Math.log(1.04)
/** The least time that has a slot of its own: a microsecond, the resolution of clocks. */
const least = 0.001

/** How many times fell into each slot. */
export type Histogram = Map<number, number>

/** The slot of a time in milliseconds: 0 for none, and 1 from the least one on. */
export const slotOf = (milliseconds: number): number =>
  milliseconds < least ? 0 : 1 + Math.floor(Math.log(milliseconds / least) / growth)

const middleOf = (slot: number): number =>
  slot === 0 ? 0 : Math.round(1000 * least * Math.exp((slot - 0.5) * growth)) / 1000

/** Adds `by` to the count of a slot; a slot whose count reaches 0 is removed. */
export const addToSlot = (histogram: Histogram, slot: number, by: number): void => {
  const sum = (histogram.get(slot) ?? 0) + by
  if (sum === 0) histogram.delete(slot)
  else histogram.set(slot, sum)
}

const shares = [0.5, 0.9, 0.95, 0.99]

/** The percentiles of a histogram. */
export const percentilesOf = (histogram: Histogram): Percentiles => {
  const slots = Int32Array.from(histogram.keys()).sort()
  let total = 0
  for (const counted of histogram.values()) total += counted
  const found: Array<number> = []
  let below = 0
  for (const slot of slots) {
    below += histogram.get(slot) ?? 0
    while (found.length < shares.length && below >= (shares[found.length] ?? 1) * total) {
      found.push(middleOf(slot))
    }
  }
  const [p50 = null, p90 = null, p95 = null, p99 = null] = found
  return { p50, p90, p95, p99 }
}
