/**
 * A selection that is divided in several ways, and what has been gathered of each.
 *
 * @module
 */
import { gather, type Gathered, groupOf } from "../analytics.ts"
import { addFigures } from "./hourly.ts"
import { type Aggregates, emptyAggregates } from "../aggregates.ts"
import { type Buckets, bucketsOf } from "../buckets.ts"
import type { AnalyticsDivision, AnalyticsSelection, Dimension } from "../query.ts"
import type { RollupKind } from "./rollup-dimensions.ts"
import type { TimeSlice } from "../time-slice.ts"

/** One way to divide. */
export interface Part {
  readonly by: ReadonlyArray<Dimension>
  readonly buckets: Buckets
  readonly into: Gathered
}

/** The parts of a query, in its order. */
export const partsOf = (
  { since }: AnalyticsSelection,
  divisions: ReadonlyArray<AnalyticsDivision>,
): ReadonlyArray<Part> =>
  divisions.map(({ bucket, by }) => ({
    by,
    buckets: bucketsOf({ bucket, since }),
    into: gather({ bucket, by, since }),
  }))

/** A slice in stretches, none of which lies in two buckets of a part whose buckets have no common width. */
export const stretchesOf = (slice: TimeSlice, parts: ReadonlyArray<Part>): ReadonlyArray<TimeSlice> =>
  parts.reduce<ReadonlyArray<TimeSlice>>(
    (slices, { buckets }) => slices.flatMap(buckets.partsOf),
    slice.since < slice.until ? [slice] : [],
  )

/** The same values once, in their first order. */
export const distinct = <T>(values: ReadonlyArray<T>): ReadonlyArray<T> => [...new Set(values)]

/** Gathers rows of hours for several parts. */
export interface Stage {
  readonly add: (hour: number, text: string, kind: RollupKind, figures: string) => void
  /** Gives what was gathered to the parts. */
  readonly merge: (gateway: string) => void
}

/**
 * Adds the rows that all parts count alike before they are divided: thirty days have fourteen rows of a kind for each of
 * their sixty buckets, and a page of figures divides them in ten ways.
 */
export const stageOf = (parts: ReadonlyArray<Part>): Stage => {
  const cells = new Map<string, { hour: number; kind: RollupKind; figures: Aggregates }>()
  let [lastHour, starts] = [NaN, ""]
  return {
    add: (hour, text, kind, figures) => {
      if (hour !== lastHour) {
        lastHour = hour
        starts = parts.map(({ buckets }) => buckets.startOf(hour)).join(" ")
      }
      const id = `${starts} ${text}`
      let cell = cells.get(id)
      if (cell === undefined) {
        cell = { hour, kind, figures: emptyAggregates() }
        cells.set(id, cell)
      }
      addFigures(cell.figures, figures)
    },
    merge: (gateway) => {
      for (const { hour, kind, figures } of cells.values()) {
        for (const { by, into } of parts) into.merge(hour, groupOf(by, gateway, kind), figures)
      }
      cells.clear()
    },
  }
}
