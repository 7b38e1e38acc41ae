/**
 * The spending of twelve calendar months.
 *
 * @module
 */
import { useMemo } from "preact/hooks"
import { get, type Parameters } from "./api.ts"
import { Chart } from "./chart.tsx"
import { money } from "./format.ts"
import { groupName } from "./group-name.ts"
import { beginOfMonth, monthAfter, shortMonth } from "./months.ts"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import { stackOf } from "./series.ts"
import type { Analytics } from "./types.ts"

const many = 12

/** The panel, for the twelve months up to the given one. */
export const MonthsPanel = ({ path, shared, month }: {
  readonly path: string
  /** The parameters for grouping, filters and time zone. */
  readonly shared: Parameters
  readonly month: string
}) => {
  const asked = {
    ...shared,
    since: monthAfter(month, 1 - many),
    until: monthAfter(month, 1),
    bucket: "1mo",
  }
  const months = useLoaded(JSON.stringify([path, asked]), (signal) => get<Analytics>(path, asked, signal))
  const shown = months.value ?? months.last
  const drawn = useMemo(() => {
    if (shown === undefined) return undefined
    const [by = "model"] = shown.by
    // Rows begin at months of the browser's time zone.
    const times = Array.from(
      { length: many },
      (_, index) => beginOfMonth(monthAfter(month, index + 1 - many)),
    )
    const division = { dimension: by, nameOf: (value: string | null) => groupName(by, value) }
    return { times, series: stackOf(shown, times, division, ({ cost }) => cost) }
  }, [shown])
  return (
    <Panel title="Cost by month" isBusy={months.isLoading}>
      {months.error !== undefined && <Problem error={months.error} onRetry={months.reload} />}
      {drawn !== undefined && (
        <Chart
          label="Cost by month"
          times={drawn.times}
          bucket={31 * 86_400_000}
          series={drawn.series}
          isStacked
          format={money}
          nameOf={shortMonth}
        />
      )}
    </Panel>
  )
}
