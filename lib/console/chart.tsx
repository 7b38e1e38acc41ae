/**
 * A chart over time: stacked bars or lines, with the figures of the bucket under the pointer, and as a table.
 *
 * @module
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import uPlot from "uplot"
import { unknown, visible } from "./format.ts"
import { Time } from "./parts.tsx"

/** One line, or one part of the stack. */
export interface Series {
  readonly name: string
  readonly values: ReadonlyArray<number | null>
}

/** What is drawn. */
export interface ChartProps {
  readonly label: string
  /** When each bucket begins, in milliseconds since 1970. */
  readonly times: ReadonlyArray<number>
  readonly bucket: number
  readonly series: ReadonlyArray<Series>
  readonly isStacked: boolean
  readonly format: (value: number | null) => string
}

const color = (index: number): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--series-${index % 7 + 1}`).trim()

const themed = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Sums from the first part to the last: the last is drawn first, and the others over it. */
const stacked = (series: ReadonlyArray<Series>): ReadonlyArray<ReadonlyArray<number | null>> => {
  const sums: Array<ReadonlyArray<number | null>> = []
  let below: ReadonlyArray<number | null> = []
  for (const { values } of series) {
    below = values.map((value, index) => (value ?? 0) + (below[index] ?? 0))
    sums.push(below)
  }
  return sums.reverse()
}

const height = 180

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false })
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" })

/** The values that no line reaches. */
const lonely = (values: ArrayLike<number | null | undefined>): Array<number> =>
  [...Array(values.length).keys()].filter((index) =>
    values[index] != null && values[index - 1] == null && values[index + 1] == null
  )

/** A place on the axis of time, with its day where that changes. Seconds since 1970. */
const clockAt = (at: number, before: number | undefined, step: number): string => {
  const date = new Date(1000 * at)
  if (step >= 86_400) return day.format(date)
  const isNewDay = before === undefined || new Date(1000 * before).toDateString() !== date.toDateString()
  return isNewDay ? `${clock.format(date)}\n${day.format(date)}` : clock.format(date)
}

const optionsOf = (
  { series, isStacked, bucket, format, times }: ChartProps,
  width: number,
  onIndex: (index: number | null) => void,
): uPlot.Options => {
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
    cursor: { y: false, points: { show: !isStacked }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: [first / 1000, last / 1000] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] },
    },
    axes: [
      {
        ...axis,
        space: 74,
        size: 40,
        values: (_, splits, __, ___, step) => splits.map((at, index) => clockAt(at, splits[index - 1], step)),
      },
      { ...axis, size: 62, space: 34, values: (_, splits) => splits.map((value) => format(value)) },
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
    hooks: { setCursor: [({ cursor }) => onIndex(cursor.idx ?? null)] },
  }
}

const Legend = ({ props, index }: { readonly props: ChartProps; readonly index: number | null }) => {
  const at = index === null ? undefined : props.times[index]
  return (
    <div class="legend">
      <ul>
        {props.series.map(({ name, values }, place) => (
          <li key={name}>
            <i class={`swatch s${place % 7 + 1}`} />
            <bdi title={visible(name)}>{visible(name)}</bdi>
            {index !== null && <b>{props.format(values[index] ?? null)}</b>}
          </li>
        ))}
      </ul>
      <span class="when">{at !== undefined && <Time at={new Date(at).toISOString()} />}</span>
    </div>
  )
}

const Numbers = ({ label, times, series, format }: ChartProps) => (
  <details class="numbers">
    <summary>As a table</summary>
    <div class="scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ name }) => <th scope="col" class="number" key={name}>{visible(name)}</th>)}
          </tr>
        </thead>
        <tbody>
          {times.map((time, index) => (
            <tr key={time}>
              <th scope="row">
                <Time at={new Date(time).toISOString()} />
              </th>
              {series.map(({ name, values }) => (
                <td class="number" key={name}>{values[index] == null ? unknown : format(values[index])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
)

const useDark = (): boolean => {
  const media = useMemo(() => matchMedia("(prefers-color-scheme: dark)"), [])
  const [isDark, setDark] = useState(media.matches)
  useEffect(() => {
    const changed = (): void => setDark(media.matches)
    media.addEventListener("change", changed)
    return () => media.removeEventListener("change", changed)
  }, [])
  return isDark
}

/** Draws it. The canvas is an image to a screen reader; the table has its figures. */
export const Chart = (props: ChartProps) => {
  const place = useRef<HTMLDivElement>(null)
  const [index, setIndex] = useState<number | null>(null)
  const isDark = useDark()
  const { times, series, isStacked } = props
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const columns = isStacked ? stacked(series) : series.map(({ values }) => values)
    const data = [times.map((time) => time / 1000), ...columns.map((column) => [...column])]
    const plot = new uPlot(
      optionsOf(props, element.clientWidth, setIndex),
      data as unknown as uPlot.AlignedData,
      element,
    )
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [times, series, isStacked, isDark])
  return (
    <figure class="chart">
      <div
        class="plot"
        ref={place}
        role="img"
        aria-label={`${props.label} over time; the table below has the figures`}
      />
      <Legend props={props} index={index} />
      <Numbers {...props} />
    </figure>
  )
}
