/**
 * The ways in which one query divides its selection, and the aggregates gathered for each.
 *
 * @module
 */
import { gather, type Gathered, type Group } from "../analytics.ts"
import { addAggregates, type Aggregates, emptyAggregates } from "../aggregates.ts"
import { type Buckets, bucketsOf } from "../buckets.ts"
import type { AnalyticsDivision, AnalyticsSelection, Dimension } from "../analytics-query.ts"
import { addHeld, type HeldFigures } from "./hourly.ts"
import type { TimeSlice } from "../time-slice.ts"

/** One way to divide the selection. */
export interface Part {
  readonly by: ReadonlyArray<Dimension>
  readonly buckets: Buckets
  /** Equal for all parts with the same buckets. */
  readonly bucketing: string
  readonly into: Gathered
}

/** The parts of a query, in order. */
export const divisionParts = (
  { since }: AnalyticsSelection,
  divisions: ReadonlyArray<AnalyticsDivision>,
): ReadonlyArray<Part> =>
  divisions.map(({ bucket, by }) => ({
    by,
    buckets: bucketsOf({ bucket, since }),
    bucketing: JSON.stringify(bucket),
    into: gather({ bucket, by, since }),
  }))

/** Splits a slice at the bounds of all buckets that have no common width. Empty if there are no parts. */
export const stretchesOf = (slice: TimeSlice, parts: ReadonlyArray<Part>): ReadonlyArray<TimeSlice> =>
  parts.reduce<ReadonlyArray<TimeSlice>>(
    (slices, { buckets }) => slices.flatMap(buckets.partsOf),
    parts.length > 0 && slice.since < slice.until ? [slice] : [],
  )

/** The distinct values, in the order of their first occurrence. */
export const distinct = <T>(values: ReadonlyArray<T>): ReadonlyArray<T> => [...new Set(values)]

/** Gathers the aggregates of hours for several parts. */
export interface Stage<Kind> {
  /** Adds the figures of an hour's entries of one kind; `id` is equal for equal kinds. */
  readonly add: (hour: number, id: string, kind: Kind, figures: HeldFigures) => void
  /** Adds what was gathered to the parts. */
  readonly merge: () => void
}

interface StagedCell<Kind> {
  readonly hour: number
  readonly id: string
  readonly kind: Kind
  readonly figures: Aggregates
}

/** Adds up the cells of the same bucket and kind. */
const inBuckets = <Kind>(
  cells: ReadonlyArray<StagedCell<Kind>>,
  { startOf }: Buckets,
): ReadonlyArray<StagedCell<Kind>> => {
  const keys = cells.map(({ hour, id }) => `${startOf(hour)} ${id}`)
  if (new Set(keys).size === cells.length) return cells
  const sums = new Map<string, StagedCell<Kind>>()
  for (const [index, cell] of cells.entries()) {
    const key = keys[index] ?? ""
    const sum = sums.get(key) ?? { ...cell, figures: emptyAggregates() }
    sums.set(key, sum)
    addAggregates(sum.figures, cell.figures)
  }
  return [...sums.values()]
}

/**
 * Adds up rows before they are divided: first those that no part tells apart, then those that no part with the same
 * buckets does. A page of figures divides thirty days in ten ways, most of them without buckets. With only one part,
 * rows are added to it directly.
 */
export const stageOf = <Kind>(
  parts: ReadonlyArray<Part>,
  groupOf: (by: Part["by"], kind: Kind) => Group,
): Stage<Kind> => {
  const [only, ...others] = parts
  if (only !== undefined && others.length === 0) {
    return {
      add: (hour, _, kind, figures) => addHeld(only.into.cell(hour, groupOf(only.by, kind)), figures),
      merge: () => {},
    }
  }
  const cells = new Map<string, StagedCell<Kind>>()
  // Node 20 has no `Map.groupBy`.
  const alike = distinct(parts.map(({ bucketing }) => bucketing))
    .map((bucketing) => parts.filter((part) => part.bucketing === bucketing))
    .map((same) => ({ same, buckets: (same[0] as Part).buckets }))
  let [lastHour, starts] = [NaN, ""]
  return {
    add: (hour, id, kind, figures) => {
      if (hour !== lastHour) {
        lastHour = hour
        starts = alike.map(({ buckets }) => buckets.startOf(hour)).join(" ")
      }
      const key = `${starts} ${id}`
      let cell = cells.get(key)
      if (cell === undefined) {
        cell = { hour, id, kind, figures: emptyAggregates() }
        cells.set(key, cell)
      }
      addHeld(cell.figures, figures)
    },
    merge: () => {
      const all = [...cells.values()]
      for (const { same, buckets } of alike) {
        for (const { hour, kind, figures } of inBuckets(all, buckets)) {
          for (const { by, into } of same) into.merge(hour, groupOf(by, kind), figures)
        }
      }
      cells.clear()
    },
  }
}
