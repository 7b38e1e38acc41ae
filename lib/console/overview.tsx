/**
 * Overview: the traffic of a span of time, and its cost.
 *
 * @module
 */
import { useMemo } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { gatewayApiPath, get } from "./api.ts"
import { DimensionChoice } from "./dimension-choice.tsx"
import { filtersIn } from "./filters.ts"
import { groupName } from "./group-name.ts"
import { ActiveFilters } from "./active-filters.tsx"
import { Cards } from "./overview-cards.tsx"
import { Charts } from "./overview-charts.tsx"
import { useAddress } from "./location.tsx"
import { Problem, useLoaded } from "./parts.tsx"
import { beginOf } from "./scope.tsx"
import { TopTables } from "./top-tables.tsx"
import type { Analytics } from "./types.ts"
import { Welcome } from "./welcome.tsx"

const stacks = [
  ["model", "Model"],
  ["token", "Token"],
  ["gateway", "Gateway"],
  ["deployment", "Deployment"],
  ["provider", "Provider"],
  ["status", "Status"],
  ["cached", "From the cache"],
] as const

/** The dimensions of the tables below the charts. */
const tables = ["model", "token", "gateway", "deployment", "status"]

const dayLength = 86_400_000

export const OverviewPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const stack = searchParams.get("by") ?? "model"
  const filters = filtersIn(searchParams.get("filters"))
  const path = `${gatewayApiPath(scope.account, scope.gateway)}/analytics`
  const asked = {
    since: scope.since,
    until: scope.until,
    filters: filters.length === 0 ? undefined : JSON.stringify(filters),
  }
  const breakdowns = [...tables, ...(stack.startsWith("metadata.") ? [stack] : []), "model*cached"].join()
  const series = [...new Set([stack, "ending"])].join()
  const loaded = useLoaded(
    scope.account === "" ? "" : JSON.stringify([path, asked, breakdowns, series]),
    async (signal) => ({
      figures: await get<Analytics>(
        path,
        { ...asked, compare: "previous", breakdown: breakdowns, series },
        signal,
      ),
      stack,
    }),
    Date.now() - beginOf(scope) > 2 * dayLength ? 60_000 : 15_000,
  )
  const shown = loaded.value ?? loaded.last
  // While new figures load, those still shown may be grouped differently.
  const shownStack = shown?.stack ?? stack
  const division = useMemo(
    () => ({ dimension: shownStack, nameOf: (value: string | null) => groupName(shownStack, value) }),
    [shownStack],
  )
  if (accounts.length === 0) return <Welcome />
  if (shown === undefined) {
    return loaded.error === undefined
      ? <p role="status" class="loading" aria-busy="true">Loading the figures…</p>
      : <Problem error={loaded.error} onRetry={loaded.reload} />
  }
  const { figures } = shown
  const isChanging = loaded.value === undefined
  const name = stacks.find(([value]) => value === shownStack)?.[1].toLowerCase() ??
    shownStack.slice("metadata.".length)
  return (
    <>
      {loaded.error !== undefined && <Problem error={loaded.error} onRetry={loaded.reload} />}
      <div class="row spread">
        <div class="scope">
          <DimensionChoice label="Divide by" by={stack} dimensions={stacks} />
        </div>
        <ActiveFilters filters={filters} />
      </div>
      {figures.totals.requests === 0 && filters.length === 0
        ? <Welcome account={scope.account} gateway={scope.gateway} />
        : (
          <div
            class={isChanging ? "page stale" : "page"}
            aria-busy={isChanging && loaded.error === undefined}
          >
            <Cards figures={figures} scope={scope} filters={filters} />
            <Charts figures={figures} division={division} name={name} />
            <TopTables figures={figures} scope={scope} filters={filters} />
          </div>
        )}
    </>
  )
}
