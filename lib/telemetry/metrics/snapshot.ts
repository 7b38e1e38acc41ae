/**
 * What one process has counted, in the form that is sent to others, and sums over several processes.
 *
 * Counters, up-down counters and histograms are added up. For gauges, `across` says how values are combined.
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

/** The current state of the families. */
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

/** What must still be counted of a process that has ended, since counters must not go back. */
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

/** The combined families, in the order of the first snapshot. Unknown instruments are left out. */
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
