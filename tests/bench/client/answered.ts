/**
 * What requests come to, when they are many.
 *
 * @module
 */
import { quantile } from "../summary.ts"
import type { Answered } from "./jobs.ts"

export const answered = (times: ReadonlyArray<number>, seconds: number): Answered => ({
  requests: times.length,
  seconds,
  p50: quantile(times, 0.5),
  p99: quantile(times, 0.99),
})
