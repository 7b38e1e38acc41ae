/**
 * Converts rows of analytics to series over all buckets of a span.
 *
 * @module
 */
import type { Series } from "./chart.tsx"
import type { Analytics, FigureBucket } from "./types.ts"

/** The beginning of each bucket of the span, including those without requests, which have no row. */
export const timesOf = ({ since, until, bucket_ms: width }: Analytics): ReadonlyArray<number> => {
  if (width === null || width <= 0) return []
  const times: Array<number> = []
  const end = Date.parse(until)
  for (
    let time = Math.floor(Date.parse(since) / width) * width;
    time < end && times.length < 2000;
    time += width
  ) {
    times.push(time)
  }
  return times
}

/** Figures by time. */
export type Rows = Pick<Analytics, "rows">

/** The most groups with a color of their own; the others are drawn together. */
const mostGroups = 6

/** How figures are grouped: by a dimension, with names for its values. */
export interface Division {
  readonly dimension: string
  readonly nameOf: (value: string | null) => string
}

/** A figure by group: the largest groups on their own, and the rest as `other`. */
export const stackOf = (
  { rows }: Rows,
  times: ReadonlyArray<number>,
  { dimension, nameOf }: Division,
  figure: (row: FigureBucket) => number | null,
): ReadonlyArray<Series> => {
  const sums = new Map<string, number>()
  const named = rows.map((row) => ({ row, name: nameOf(row.group[dimension] ?? null) }))
  for (const { row, name } of named) sums.set(name, (sums.get(name) ?? 0) + (figure(row) ?? 0))
  const largest = [...sums].sort(([, one], [, other]) => other - one).map(([name]) => name).slice(
    0,
    mostGroups,
  )
  const names = sums.size > largest.length ? [...largest, "other"] : largest
  const places = new Map(times.map((time, index) => [time, index]))
  const series = new Map(names.map((name) => [name, Array<number>(times.length).fill(0)]))
  for (const { row, name } of named) {
    const values = series.get(largest.includes(name) ? name : "other")
    const index = places.get(Date.parse(row.time))
    if (values !== undefined && index !== undefined) values[index] = (values[index] ?? 0) + (figure(row) ?? 0)
  }
  return [...series].map(([name, values]) => ({ name, values }))
}

/** A figure that cannot be summed, for the groups with the most requests. */
export const linesByGroup = (
  { rows }: Rows,
  times: ReadonlyArray<number>,
  { dimension, nameOf }: Division,
  figure: (row: FigureBucket) => number | null,
): ReadonlyArray<Series> => {
  const groups = new Map<string, { requests: number; readonly byTime: Map<number, number | null> }>()
  for (const row of rows) {
    const name = nameOf(row.group[dimension] ?? null)
    const group = groups.get(name) ?? { requests: 0, byTime: new Map<number, number | null>() }
    groups.set(name, group)
    group.requests += row.requests
    group.byTime.set(Date.parse(row.time), figure(row))
  }
  return [...groups].sort(([, one], [, other]) => other.requests - one.requests).slice(0, mostGroups)
    .map(([name, { byTime }]) => ({ name, values: times.map((time) => byTime.get(time) ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null))
}

const outcomes = ["succeeded", "answered with an error", "client left", "broke off or timed out"] as const
const tones: Readonly<Record<string, "good" | "bad" | "left">> = {
  succeeded: "good",
  "answered with an error": "bad",
  "client left": "left",
}

/** Requests by how they ended, from rows by ending. */
export const outcomesOf = ({ rows }: Rows, times: ReadonlyArray<number>): ReadonlyArray<Series> => {
  const places = new Map(times.map((time, index) => [time, index]))
  const series = new Map(outcomes.map((name) => [name, Array<number>(times.length).fill(0)]))
  const add = (name: typeof outcomes[number], index: number, requests: number): void => {
    const values = series.get(name)
    if (values !== undefined) values[index] = (values[index] ?? 0) + requests
  }
  for (const { time, group, requests, errors } of rows) {
    const index = places.get(Date.parse(time))
    if (index === undefined) continue
    const ending = group["ending"]
    add("succeeded", index, requests - errors)
    add(
      ending === "complete" ? outcomes[1] : ending === "client_left" ? outcomes[2] : outcomes[3],
      index,
      errors,
    )
  }
  return outcomes.map((name) => {
    const tone = tones[name]
    return { name, values: series.get(name) ?? [], ...(tone !== undefined && { tone }) }
  })
}

/** Figures of all requests, one series each; buckets without requests have `empty`. */
export const linesOf = (
  { rows }: Rows,
  times: ReadonlyArray<number>,
  figures: Readonly<Record<string, (row: FigureBucket) => number | null>>,
  empty: number | null,
): ReadonlyArray<Series> => {
  const byTime = new Map(rows.map((row) => [Date.parse(row.time), row]))
  return Object.entries(figures).map(([name, figure]) => ({
    name,
    values: times.map((time) => {
      const row = byTime.get(time)
      return row === undefined ? empty : figure(row)
    }),
  }))
}

/** What the cache saved: each hit counts as the average cost of an uncached call of the same model. */
export const savedOf = ({ breakdowns }: Analytics): number | null => {
  const rows = breakdowns?.["model*cached"]?.rows ?? []
  const isHit = (value: string | null | undefined): boolean => value === "true" || value === "1"
  let saved: number | null = null
  for (const hit of rows.filter(({ group }) => isHit(group["cached"]))) {
    const paid = rows.find(({ group }) => !isHit(group["cached"]) && group["model"] === hit.group["model"])
    const priced = paid === undefined ? 0 : paid.requests - paid.unpriced
    if (paid === undefined || paid.cost === null || priced <= 0) continue
    saved = (saved ?? 0) + hit.requests * paid.cost / priced
  }
  return saved
}
