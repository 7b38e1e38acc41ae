/**
 * A selection that is divided in several ways, and what has been gathered of each.
 *
 * @module
 */
import { gather, type Gathered, type Group } from "../analytics.ts"
import { addAggregates, type Aggregates, emptyAggregates } from "../aggregates.ts"
import { type Buckets, bucketsOf } from "../buckets.ts"
import type { AnalyticsDivision, AnalyticsSelection, Dimension } from "../analytics-query.ts"
import { addHeld, type HeldFigures } from "./hourly.ts"
import type { TimeSlice } from "../time-slice.ts"

/** One way to divide. */
export interface Part {
  readonly by: ReadonlyArray<Dimension>
  readonly buckets: Buckets
  /** The same for all parts that have the same buckets. */
  readonly bucketing: string
  readonly into: Gathered
}

/** The parts of a query, in its order. */
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

/** A slice in stretches, none of which lies in two buckets of a part whose buckets have no common width; none for no parts. */
export const stretchesOf = (slice: TimeSlice, parts: ReadonlyArray<Part>): ReadonlyArray<TimeSlice> =>
  parts.reduce<ReadonlyArray<TimeSlice>>(
    (slices, { buckets }) => slices.flatMap(buckets.partsOf),
    parts.length > 0 && slice.since < slice.until ? [slice] : [],
  )

/** The same values once, in their first order. */
export const distinct = <T>(values: ReadonlyArray<T>): ReadonlyArray<T> => [...new Set(values)]

/** Gathers what hours came to for several parts. */
export interface Stage<Kind> {
  /** Adds figures of an hour's entries of a kind; `id` is the same for kinds that are equal. */
  readonly add: (hour: number, id: string, kind: Kind, figures: HeldFigures) => void
  /** Gives what was gathered to the parts. */
  readonly merge: () => void
}

interface StagedCell<Kind> {
  readonly hour: number
  readonly id: string
  readonly kind: Kind
  readonly figures: Aggregates
}

/** Cells with those added up that lie in one bucket and are of one kind. */
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
 * Adds rows up before they are divided, as far as all parts count them alike, and then as far as those with the same
 * buckets do: a page of figures divides thirty days in ten ways, most of them over all the time. What is divided in one way
 * alone is added up once.
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
