/**
 * Overview: what happened in a span of time, and what it cost.
 *
 * @module
 */
import { DimensionChoice } from "./dimension-choice.tsx"
import { useMemo } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { gatewayPath, get } from "./api.ts"
import { Chart } from "./chart.tsx"
import { Cards } from "./overview-cards.tsx"
import { Welcome } from "./welcome.tsx"
import { money, short, time } from "./format.ts"
import { useAddress } from "./location.tsx"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import { linesOf, stackOf, timesOf } from "./series.ts"
import { TopTables } from "./top-tables.tsx"
import type { Analytics } from "./types.ts"

const stacks = [
  ["model", "Model"],
  ["token", "Token"],
  ["gateway", "Gateway"],
  ["deployment", "Deployment"],
  ["status", "Status"],
  ["cached", "From the cache"],
] as const

/** What a group is called. */
export const groupName = (dimension: string, value: string | null): string => {
  if (dimension === "cached") {
    return value === "true" || value === "1" ? "from the cache" : "from the provider"
  }
  return value === null || value === "" ? `no ${dimension.replace("metadata.", "")}` : value
}

const percentiles = (figure: "duration" | "time_to_first_token") => ({
  p50: (row: Analytics["rows"][number]) => row[figure].p50,
  p95: (row: Analytics["rows"][number]) => row[figure].p95,
  p99: (row: Analytics["rows"][number]) => row[figure].p99,
})

const Charts = ({ plain, divided, stack }: {
  readonly plain: Analytics
  readonly divided: Analytics | undefined
  readonly stack: string
}) => {
  const times = useMemo(() => timesOf(plain), [plain])
  const bucket = plain.bucket_ms ?? 1
  const all = useMemo(() => ({
    results: linesOf(plain, times, {
      succeeded: ({ requests, errors }) => requests - errors,
      failed: ({ errors }) => errors,
    }, 0),
    tokens: linesOf(plain, times, {
      "in, not cached": ({ tokens_in, tokens_cached }) => Math.max(0, tokens_in - tokens_cached),
      "in, cached": ({ tokens_cached }) => tokens_cached,
      out: ({ tokens_out }) => tokens_out,
    }, 0),
    duration: linesOf(plain, times, percentiles("duration"), null),
    first: linesOf(plain, times, percentiles("time_to_first_token"), null),
  }), [plain, times])
  const parts = useMemo(() => {
    if (divided === undefined) return undefined
    const dividedTimes = timesOf(divided)
    const of = (figure: (row: Analytics["rows"][number]) => number | null) =>
      stackOf(divided, dividedTimes, stack, figure, (value) => groupName(stack, value))
    return { times: dividedTimes, requests: of(({ requests }) => requests), cost: of(({ cost }) => cost) }
  }, [divided, stack])
  const name = stacks.find(([value]) => value === stack)?.[1].toLowerCase() ?? stack.slice("metadata.".length)
  return (
    <div class="charts">
      <Panel title="Requests by outcome">
        <Chart
          label="Requests by outcome"
          times={times}
          bucket={bucket}
          series={all.results}
          isStacked
          format={short}
        />
      </Panel>
      <Panel title={`Cost by ${name}`}>
        {parts && (
          <Chart
            label={`Cost by ${name}`}
            times={parts.times}
            bucket={bucket}
            series={parts.cost}
            isStacked
            format={money}
          />
        )}
      </Panel>
      <Panel title={`Requests by ${name}`}>
        {parts && (
          <Chart
            label={`Requests by ${name}`}
            times={parts.times}
            bucket={bucket}
            series={parts.requests}
            isStacked
            format={short}
          />
        )}
      </Panel>
      <Panel title="Tokens">
        <Chart label="Tokens" times={times} bucket={bucket} series={all.tokens} isStacked format={short} />
      </Panel>
      <Panel title="Duration">
        <Chart
          label="Duration"
          times={times}
          bucket={bucket}
          series={all.duration}
          isStacked={false}
          format={time}
        />
      </Panel>
      <Panel title="Time to first token">
        <Chart
          label="Time to first token"
          times={times}
          bucket={bucket}
          series={all.first}
          isStacked={false}
          format={time}
        />
      </Panel>
    </div>
  )
}

/** The page. */
export const OverviewPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const stack = searchParams.get("by") ?? "model"
  const path = `${gatewayPath(scope.account, scope.gateway)}/analytics`
  const span = { since: scope.since, until: scope.until }
  const key = scope.account === "" ? "" : `${path} ${scope.since} ${scope.until}`
  const plain = useLoaded(
    key,
    (signal) =>
      get<Analytics>(path, {
        ...span,
        compare: "previous",
        breakdown: "model,gateway,token,status,model*cached",
      }, signal),
    15_000,
  )
  const divided = useLoaded(
    key && `${key} ${stack}`,
    (signal) => get<Analytics>(path, { ...span, by: stack }, signal),
    15_000,
  )
  if (accounts.length === 0) return <Welcome />
  if (plain.value === undefined) {
    return plain.error === undefined
      ? <p role="status" class="loading">Loading the figures…</p>
      : <Problem error={plain.error} onRetry={plain.reload} />
  }
  const figures = plain.value
  return (
    <>
      {plain.error !== undefined && <Problem error={plain.error} onRetry={plain.reload} />}
      {figures.totals.requests === 0 ? <Welcome account={scope.account} gateway={scope.gateway} /> : (
        <>
          <Cards figures={figures} account={scope.account} />
          <div class="scope">
            <DimensionChoice label="Divide by" by={stack} dimensions={stacks} />
          </div>
          {divided.error !== undefined && <Problem error={divided.error} onRetry={divided.reload} />}
          <Charts plain={figures} divided={divided.value} stack={stack} />
          <TopTables figures={figures} scope={scope} />
        </>
      )}
    </>
  )
}
