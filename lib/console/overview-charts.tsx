/**
 * The charts of the overview.
 *
 * @module
 */
import { useMemo } from "preact/hooks"
import { Chart, type ChartProps } from "./chart.tsx"
import { money, short, time } from "./format.ts"
import { go, hereWith } from "./location.tsx"
import { Panel } from "./parts.tsx"
import { type Division, linesByGroup, linesOf, outcomesOf, stackOf, timesOf } from "./series.ts"
import type { Analytics, Bucket } from "./types.ts"

/** The figures of a span: of all requests, divided, and by how they ended. */
export interface ChartedFigures {
  readonly plain: Analytics
  readonly divided: Analytics | undefined
  readonly endings: Analytics | undefined
}

const percentiles = (figure: "duration" | "time_to_first_token") => ({
  p50: (row: Bucket) => row[figure].p50,
  p95: (row: Bucket) => row[figure].p95,
  p99: (row: Bucket) => row[figure].p99,
})

/** Shows the span that was drawn over a chart. */
const zoom = (since: number, until: number): void =>
  go(hereWith({ since: new Date(since).toISOString(), until: new Date(until).toISOString() }))

const Drawn = (
  { of, ...chart }: Omit<ChartProps, "times" | "bucket" | "onSpan"> & { readonly of: Analytics },
) => {
  const times = useMemo(() => timesOf(of), [of])
  return (
    <Panel title={chart.label}>
      <Chart {...chart} times={times} bucket={of.bucket_ms ?? 1} onSpan={zoom} />
    </Panel>
  )
}

/** The charts; a span that is drawn over one of them is what all show then. */
export const Charts = ({ plain, divided, endings, division, name }: ChartedFigures & {
  readonly division: Division
  readonly name: string
}) => {
  const all = useMemo(() => {
    const times = timesOf(plain)
    return {
      tokens: linesOf(plain, times, {
        "in, not cached": ({ tokens_in, tokens_cached }) => Math.max(0, tokens_in - tokens_cached),
        "in, cached": ({ tokens_cached }) => tokens_cached,
        "out, reasoning": ({ tokens_reasoning }) => tokens_reasoning,
        "out, the rest": ({ tokens_out, tokens_reasoning }) => Math.max(0, tokens_out - tokens_reasoning),
      }, 0),
      cache: linesOf(plain, times, {
        "from the cache": ({ cached }) => cached,
        "from the provider": ({ requests, cached }) => requests - cached,
      }, 0),
      duration: linesOf(plain, times, percentiles("duration"), null),
      first: linesOf(plain, times, percentiles("time_to_first_token"), null),
    }
  }, [plain])
  const outcomes = useMemo(() => endings && outcomesOf(endings, timesOf(endings)), [endings])
  const parts = useMemo(() => {
    if (divided === undefined) return undefined
    const times = timesOf(divided)
    return {
      requests: stackOf(divided, times, division, ({ requests }) => requests),
      cost: stackOf(divided, times, division, ({ cost }) => cost),
      speed: linesByGroup(divided, times, division, ({ tokens_per_second }) => tokens_per_second.p50),
    }
  }, [divided, division])
  return (
    <div class="charts">
      {endings && outcomes && (
        <Drawn label="Requests by outcome" of={endings} series={outcomes} isStacked format={short} />
      )}
      {divided && parts && (
        <>
          <Drawn
            label={`Requests by ${name}`}
            of={divided}
            series={parts.requests}
            isStacked
            format={short}
          />
          <Drawn label={`Cost by ${name}`} of={divided} series={parts.cost} isStacked format={money} />
        </>
      )}
      <Drawn label="Tokens" of={plain} series={all.tokens} isStacked format={short} />
      <Drawn label="Duration" of={plain} series={all.duration} isStacked={false} format={time} />
      <Drawn label="Time to first token" of={plain} series={all.first} isStacked={false} format={time} />
      {divided && parts && (
        <Drawn
          label={`Tokens a second, median, by ${name}`}
          of={divided}
          series={parts.speed}
          isStacked={false}
          format={short}
        />
      )}
      <Drawn label="Cache" of={plain} series={all.cache} isStacked format={short} />
    </div>
  )
}
