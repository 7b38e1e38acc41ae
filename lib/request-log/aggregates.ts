/**
 * Aggregates of many entries, which can be added and subtracted.
 *
 * @module
 */
import type { FilterableFields } from "./filterable-fields.ts"
import { addToSlot, type Histogram, percentilesOf, slotOf } from "./histogram.ts"
import { dollarsOfSum, picoOf } from "./money.ts"
import type { LogPage, Range } from "./query.ts"
import type { AnalyticsRow } from "./analytics-query.ts"

/** Sums and histograms of some entries. */
export interface Aggregates {
  requests: number
  errors: number
  cached: number
  tokens_in: number
  tokens_out: number
  tokens_cached: number
  tokens_reasoning: number
  rescued: number
  estimated: number
  /** In picodollars: binary fractions of dollars would drift. */
  cost: bigint
  cost_estimated: bigint
  unpriced: number
  readonly duration: Histogram
  readonly first_token: Histogram
  /** Tokens a second. */
  readonly speed: Histogram
}

/** The aggregates that are plain counts. */
export const counts = [
  "requests",
  "errors",
  "cached",
  "tokens_in",
  "tokens_out",
  "tokens_cached",
  "unpriced",
  "tokens_reasoning",
  "rescued",
  "estimated",
] as const satisfies ReadonlyArray<keyof Aggregates>

/** Empty aggregates. */
export const emptyAggregates = (): Aggregates => ({
  requests: 0,
  errors: 0,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  tokens_reasoning: 0,
  rescued: 0,
  estimated: 0,
  cost: 0n,
  cost_estimated: 0n,
  unpriced: 0,
  duration: new Map(),
  first_token: new Map(),
  speed: new Map(),
})

/** The fields that are aggregated. */
export type Measured = Pick<
  FilterableFields,
  | "success"
  | "cached"
  | "duration"
  | "first_token"
  | "speed"
  | "cost"
  | "tokens_in"
  | "tokens_out"
  | "tokens_cached"
  | "tokens_reasoning"
  | "estimated"
  | "rescued"
>

/** Adds an entry, or subtracts it if `sign` is -1. */
export const addFacts = (figures: Aggregates, facts: Measured, sign: 1 | -1): void => {
  figures.requests += sign
  figures.errors += sign * (1 - facts.success)
  figures.cached += sign * facts.cached
  figures.tokens_in += sign * (facts.tokens_in ?? 0)
  figures.tokens_out += sign * (facts.tokens_out ?? 0)
  figures.tokens_cached += sign * (facts.tokens_cached ?? 0)
  figures.tokens_reasoning += sign * (facts.tokens_reasoning ?? 0)
  figures.estimated += sign * facts.estimated
  if (facts.rescued !== null) figures.rescued += sign
  if (facts.cost === null) figures.unpriced += sign
  else {
    const cost = BigInt(sign) * picoOf(facts.cost)
    figures.cost += cost
    if (facts.estimated === 1) figures.cost_estimated += cost
  }
  addToSlot(figures.duration, slotOf(facts.duration), sign)
  if (facts.first_token !== null) addToSlot(figures.first_token, slotOf(facts.first_token), sign)
  if (facts.speed !== null) addToSlot(figures.speed, slotOf(facts.speed), sign)
}

/** Adds aggregates to others. */
export const addAggregates = (to: Aggregates, figures: Aggregates): void => {
  for (const name of counts) to[name] += figures[name]
  to.cost += figures.cost
  to.cost_estimated += figures.cost_estimated
  for (const [slot, counted] of figures.duration) addToSlot(to.duration, slot, counted)
  for (const [slot, counted] of figures.first_token) addToSlot(to.first_token, slot, counted)
  for (const [slot, counted] of figures.speed) addToSlot(to.speed, slot, counted)
}

/** Aggregates as a row of analytics. */
export const aggregatesRow = (
  time: number,
  group: AnalyticsRow["group"],
  { cost, cost_estimated, duration, first_token, speed, ...counts }: Aggregates,
): AnalyticsRow => ({
  time,
  group,
  ...counts,
  // An unknown price is not a price of 0.
  cost: counts.requests > 0 && counts.unpriced === counts.requests ? null : dollarsOfSum(cost),
  cost_estimated: dollarsOfSum(cost_estimated),
  duration: percentilesOf(duration),
  time_to_first_token: percentilesOf(first_token),
  tokens_per_second: percentilesOf(speed),
})

/** The totals that lists report of all matching entries. */
export interface Tally {
  total: number
  readonly ranges: { -readonly [Key in keyof LogPage["ranges"]]: Range }
}

/** An empty tally. */
export const noTally = (): Tally => {
  const none = { min: null, max: null }
  return {
    total: 0,
    ranges: { cost: none, duration: none, tokens_in: none, tokens_out: none, total_tokens: none },
  }
}

/** The union of two ranges. */
const wider = (one: Range, other: Range): Range => {
  if (one.min === null || one.max === null) return other
  if (other.min === null || other.max === null) return one
  return { min: Math.min(one.min, other.min), max: Math.max(one.max, other.max) }
}

/** The names of a tally's ranges. */
export const rangeNames = Object.keys(noTally().ranges) as ReadonlyArray<keyof LogPage["ranges"]>

/** Adds a tally to another. */
export const addTally = (to: Tally, { total, ranges }: Tally): void => {
  to.total += total
  for (const name of rangeNames) to.ranges[name] = wider(to.ranges[name], ranges[name])
}

const including = (range: Range, value: number | null): Range => {
  if (value === null) return range
  const { min, max } = range
  return min !== null && max !== null && min <= value && value <= max
    ? range
    : wider(range, { min: value, max: value })
}

/** Adds an entry to a tally. */
export const tallyFacts = (
  to: Tally,
  facts: Pick<FilterableFields, "cost" | "duration" | "tokens_in" | "tokens_out" | "tokens">,
): void => {
  to.total++
  to.ranges.cost = including(to.ranges.cost, facts.cost)
  to.ranges.duration = including(to.ranges.duration, facts.duration)
  to.ranges.tokens_in = including(to.ranges.tokens_in, facts.tokens_in)
  to.ranges.tokens_out = including(to.ranges.tokens_out, facts.tokens_out)
  to.ranges.total_tokens = including(to.ranges.total_tokens, facts.tokens)
}
