/**
 * A chart over time: stacked bars or lines, with the figures of the bucket under the pointer, and as a table.
 *
 * @module
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import uPlot from "uplot"
import { chartOptions, height, stacked, styleOf } from "./chart-options.ts"
import { unknown, visible } from "./format.ts"
import { Time } from "./parts.tsx"

/** One line, or one layer of a stack. */
export interface Series {
  readonly name: string
  readonly values: ReadonlyArray<number | null>
  /** Its meaning, if the colour should show it. */
  readonly tone?: "good" | "bad" | "left"
}

/** What a chart shows. */
export interface ChartProps {
  readonly label: string
  /** When each bucket begins, in milliseconds since 1970. */
  readonly times: ReadonlyArray<number>
  readonly bucket: number
  readonly series: ReadonlyArray<Series>
  readonly isStacked: boolean
  readonly format: (value: number | null) => string
  /** The label below each bucket, if there are few. */
  readonly nameOf?: (time: number) => string
  /** Called when a span of time was selected on the chart, in milliseconds since 1970. */
  readonly onSpan?: (since: number, until: number) => void
}

const Legend = ({ props, index }: { readonly props: ChartProps; readonly index: number | null }) => {
  const at = index === null ? undefined : props.times[index]
  return (
    <div class="legend">
      <ul>
        {props.series.map((one, place) => (
          <li key={one.name}>
            <i class={`swatch s${styleOf(one, place)}`} />
            <bdi title={visible(one.name)}>{visible(one.name)}</bdi>
            {index !== null && <b>{props.format(one.values[index] ?? null)}</b>}
          </li>
        ))}
      </ul>
      <span class="when">{at !== undefined && <Time at={new Date(at).toISOString()} />}</span>
    </div>
  )
}

const NumbersTable = ({ label, times, series, format }: ChartProps) => (
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
)

/** The figures as a table, rendered only on demand: eight charts have thousands of cells. */
const Numbers = (props: ChartProps) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="numbers" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && <NumbersTable {...props} />}
    </details>
  )
}

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

/** The chart. To a screen reader its canvas is an image; the table has the figures. */
export const Chart = (props: ChartProps) => {
  const place = useRef<HTMLDivElement>(null)
  const [index, setIndex] = useState<number | null>(null)
  const isDark = useDark()
  const { times, series, isStacked } = props
  const spanned = useRef(props.onSpan)
  spanned.current = props.onSpan
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const columns = isStacked ? stacked(series) : series.map(({ values }) => values)
    const data = [times.map((time) => time / 1000), ...columns.map((column) => [...column])]
    const plot = new uPlot(
      chartOptions(
        props,
        element.clientWidth,
        setIndex,
        props.onSpan && ((since, until) => spanned.current?.(since, until)),
      ),
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
