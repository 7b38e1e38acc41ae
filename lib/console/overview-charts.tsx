/**
 * The charts of the overview.
 *
 * @module
 */
import { useMemo } from "preact/hooks"
import { Chart, type ChartProps, type Series } from "./chart.tsx"
import { money, short, time } from "./format.ts"
import { go, hereWith } from "./location.tsx"
import { Panel } from "./parts.tsx"
import { type Division, linesByGroup, linesOf, outcomesOf, stackOf, timesOf } from "./series.ts"
import type { Analytics, FigureBucket } from "./types.ts"

const seriesIn = ({ series }: Analytics, name: string) => ({ rows: series?.[name] ?? [] })

const percentiles = (figure: "duration" | "time_to_first_token") => ({
  p50: (row: FigureBucket) => row[figure].p50,
  p95: (row: FigureBucket) => row[figure].p95,
  p99: (row: FigureBucket) => row[figure].p99,
})

/** Zooms to the span that was selected on a chart. */
const zoom = (since: number, until: number): void =>
  go(hereWith({ since: new Date(since).toISOString(), until: new Date(until).toISOString() }))

/** The charts. Selecting a span on one of them zooms all. */
export const Charts = ({ figures, division, name }: {
  readonly figures: Analytics
  readonly division: Division
  readonly name: string
}) => {
  const times = useMemo(() => timesOf(figures), [figures])
  const all = useMemo(() => ({
    tokens: linesOf(figures, times, {
      "in, not cached": ({ tokens_in, tokens_cached }) => Math.max(0, tokens_in - tokens_cached),
      "in, cached": ({ tokens_cached }) => tokens_cached,
      "out, reasoning": ({ tokens_reasoning }) => tokens_reasoning,
      "out, the rest": ({ tokens_out, tokens_reasoning }) => Math.max(0, tokens_out - tokens_reasoning),
    }, 0),
    cache: linesOf(figures, times, {
      "from the cache": ({ cached }) => cached,
      "from the provider": ({ requests, cached }) => requests - cached,
    }, 0),
    duration: linesOf(figures, times, percentiles("duration"), null),
    first: linesOf(figures, times, percentiles("time_to_first_token"), null),
    outcomes: outcomesOf(seriesIn(figures, "ending"), times),
  }), [figures])
  const parts = useMemo(() => {
    const divided = seriesIn(figures, division.dimension)
    return {
      requests: stackOf(divided, times, division, ({ requests }) => requests),
      cost: stackOf(divided, times, division, ({ cost }) => cost),
      speed: linesByGroup(divided, times, division, ({ tokens_per_second }) => tokens_per_second.p50),
    }
  }, [figures, division])
  const drawn = (
    label: string,
    series: ReadonlyArray<Series>,
    isStacked: boolean,
    format: ChartProps["format"],
  ) => (
    <Panel title={label}>
      <Chart
        label={label}
        series={series}
        isStacked={isStacked}
        format={format}
        times={times}
        bucket={figures.bucket_ms ?? 1}
        onSpan={zoom}
      />
    </Panel>
  )
  return (
    <div class="charts">
      {drawn("Requests by outcome", all.outcomes, true, short)}
      {drawn(`Requests by ${name}`, parts.requests, true, short)}
      {drawn(`Cost by ${name}`, parts.cost, true, money)}
      {drawn("Tokens", all.tokens, true, short)}
      {drawn("Duration", all.duration, false, time)}
      {drawn("Time to first token", all.first, false, time)}
      {drawn(`Tokens a second, median, by ${name}`, parts.speed, false, short)}
      {drawn("Cache", all.cache, true, short)}
    </div>
  )
}
