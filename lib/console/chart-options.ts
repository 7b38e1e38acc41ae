/**
 * How a chart is drawn.
 *
 * @module
 */
import uPlot from "uplot"
import type { ChartProps, Series } from "./chart.tsx"

const themed = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The style of a series: by its tone, or else by its index. */
export const styleOf = ({ tone }: Series | undefined = { name: "", values: [] }, index: number): string =>
  tone ?? String(index % 7 + 1)

/** Cumulative sums of the parts. The last is drawn first, and the others over it. */
export const stacked = (series: ReadonlyArray<Series>): ReadonlyArray<ReadonlyArray<number | null>> => {
  const sums: Array<ReadonlyArray<number | null>> = []
  let below: ReadonlyArray<number | null> = []
  for (const { values } of series) {
    below = values.map((value, index) => (value ?? 0) + (below[index] ?? 0))
    sums.push(below)
  }
  return sums.reverse()
}

/** In pixels. */
export const height = 180

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false })
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" })

/** The indexes of values without a neighbour, to which no line is drawn. */
const lonely = (values: ArrayLike<number | null | undefined>): Array<number> =>
  [...Array(values.length).keys()].filter((index) =>
    values[index] != null && values[index - 1] == null && values[index + 1] == null
  )

/** A label of the time axis, with the day where that changes. Times are seconds since 1970. */
const clockAt = (at: number, before: number | undefined, step: number): string => {
  const date = new Date(1000 * at)
  if (step >= 86_400) return day.format(date)
  const isNewDay = before === undefined || new Date(1000 * before).toDateString() !== date.toDateString()
  return isNewDay ? `${clock.format(date)}\n${day.format(date)}` : clock.format(date)
}

/** The width of a bucket's name, in pixels. */
const nameWidth = 40

/** The buckets that get a name, including the last one. In seconds since 1970. */
const namedOf = (times: ReadonlyArray<number>, width: number): Array<number> => {
  const step = Math.max(1, Math.ceil(nameWidth * times.length / Math.max(1, width - 80)))
  return times.filter((_, index) => (times.length - 1 - index) % step === 0).map((time) => time / 1000)
}

/** The steps of an axis on which only whole numbers stand: half a request would be labelled as one. */
const wholeSteps = [...Array(15).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power))

const areWhole = (series: ReadonlyArray<Series>): boolean =>
  series.every(({ values }) => values.every((value) => value == null || Number.isInteger(value)))

/** The least width of a selection, in pixels; smaller ones are accidental. */
const leastSpan = 8

/** The options for uPlot; `onSpan` is called with the span that was selected. */
export const chartOptions = (
  { series, isStacked, bucket, format, times, nameOf }: ChartProps,
  width: number,
  onIndex: (index: number | null) => void,
  onSpan: ((since: number, until: number) => void) | undefined,
): uPlot.Options => {
  const color = (index: number): string => themed(`--series-${styleOf(series[index], index)}`)
  const drawn = isStacked ? [...series.keys()].reverse() : [...series.keys()]
  const grid = { stroke: themed("--line"), width: 1 }
  const axis = {
    stroke: themed("--muted"),
    grid,
    ticks: { ...grid, size: 4 },
    font: "11px system-ui, sans-serif",
  }
  const bars = uPlot.paths.bars?.({ size: [0.86, 48], align: 1 })
  const [first = 0] = times
  const last = (times.at(-1) ?? 0) + bucket
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: {
      y: false,
      points: { show: !isStacked },
      drag: { x: onSpan !== undefined, y: false, setScale: false },
    },
    scales: {
      x: { time: true, range: [first / 1000, last / 1000] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] },
    },
    axes: [
      {
        ...axis,
        space: 74,
        size: 40,
        values: (_, splits, __, ___, step) =>
          splits.map((at, index) =>
            nameOf === undefined ? clockAt(at, splits[index - 1], step) : nameOf(1000 * at)
          ),
        ...(nameOf !== undefined && { splits: () => namedOf(times, width) }),
      },
      {
        ...axis,
        size: 70,
        space: 34,
        ...(areWhole(series) && { incrs: wholeSteps }),
        values: (_, splits) => splits.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...drawn.map((index) => ({
        stroke: color(index),
        ...(isStacked && bars !== undefined
          ? { paths: bars, fill: color(index), width: 0, points: { show: false } }
          : {
            width: 2,
            spanGaps: false,
            points: {
              size: 5,
              fill: color(index),
              show: true,
              filter: (plot: uPlot, place: number) => lonely(plot.data[place] ?? []),
            },
          }),
      })),
    ],
    hooks: {
      setCursor: [({ cursor }) => onIndex(cursor.idx ?? null)],
      setSelect: [(plot) => {
        const { left, width } = plot.select
        if (width < leastSpan || onSpan === undefined) return
        const [from = 0, to = 0] = [left, left + width].map((place) => 1000 * plot.posToVal(place, "x"))
        onSpan(Math.floor(from / bucket) * bucket, Math.ceil(to / bucket) * bucket)
      }],
    },
  }
}
