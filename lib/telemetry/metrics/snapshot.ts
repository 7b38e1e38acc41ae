/**
 * What one process has counted, as it goes from one to another, and the sums over several.
 *
 * Counters, histograms and what goes up and down are added up. A gauge says by `across` which of the values holds for all.
 *
 * @module
 */
import { catalogue } from "./catalogue.ts"
import {
  emptyLabels,
  type Family,
  type Instrument,
  type LabelPair,
  labelPairs,
  withLabel,
} from "./instruments.ts"

/** A point: its labels, and its numbers. */
type PlainPoint = readonly [
  labels: ReadonlyArray<LabelPair>,
  value: number,
  count: number,
  buckets: ReadonlyArray<number>,
]

/** Instruments by name, with their points, as JSON. */
export type Snapshot = Readonly<Record<string, ReadonlyArray<PlainPoint>>>

const instruments = new Map<string, Instrument>(Object.values(catalogue).map((each) => [each.name, each]))

/** The families as they stand. */
export const snapshotOf = (families: ReadonlyArray<Family>): Snapshot =>
  Object.fromEntries(
    families.map(({ instrument: { name }, points }) => [
      name,
      [...points].map(({ labels, value, count, buckets }): PlainPoint => [
        labelPairs(labels),
        value,
        count,
        [...buckets],
      ]),
    ]),
  )

/** What stays counted of a process that has ended: a counter must not go back. */
export const lasting = (counts: Snapshot): Snapshot =>
  Object.fromEntries(
    Object.entries(counts).filter(([name]) =>
      ["counter", "histogram"].includes(instruments.get(name)?.kind ?? "gauge")
    ),
  )

const combine = ({ kind, across = "most" }: Instrument) => (one: number, other: number): number =>
  kind !== "gauge" || across === "sum"
    ? one + other
    : across === "least"
    ? Math.min(one, other)
    : Math.max(one, other)

/** The families of all together, in the order of the first. Instruments that are not known here are left out. */
export const merged = (all: ReadonlyArray<Snapshot>): ReadonlyArray<Family> => {
  const names = new Set(all.flatMap((counts) => Object.keys(counts)))
  const families: Array<Family> = []
  for (const name of names) {
    const instrument = instruments.get(name)
    if (instrument === undefined) continue
    const join = combine(instrument)
    const sums = new Map<string, readonly [PlainPoint[0], number, number, ReadonlyArray<number>]>()
    for (const counts of all) {
      for (const point of counts[name] ?? []) {
        const [labels, value, count, buckets] = point
        const key = JSON.stringify(labels)
        const known = sums.get(key)
        sums.set(
          key,
          known === undefined ? point : [
            labels,
            join(known[1], value),
            known[2] + count,
            known[3].map((amount, index) => amount + (buckets[index] ?? 0)),
          ],
        )
      }
    }
    const none = emptyLabels()
    const points = [...sums.values()].map(([labels, value, count, buckets]) => ({
      labels: labels.reduce((before, [label, text]) => withLabel(before, label, text), none),
      value,
      count,
      buckets: [...buckets],
    }))
    families.push({ instrument, points })
  }
  return families
}
