/**
 * Overview: what happened in a span of time, and what it cost.
 *
 * @module
 */
import { useMemo } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { gatewayPath, get } from "./api.ts"
import { DimensionChoice } from "./dimension-choice.tsx"
import { filtersIn } from "./filters.ts"
import { groupName } from "./group-name.ts"
import { HeldFilters } from "./held-filters.tsx"
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

/** What the tables below the charts are of. */
const tables = ["model", "token", "gateway", "deployment", "status"]

const dayLength = 86_400_000

/** The page. */
export const OverviewPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const stack = searchParams.get("by") ?? "model"
  const filters = filtersIn(searchParams.get("filters"))
  const path = `${gatewayPath(scope.account, scope.gateway)}/analytics`
  const asked = {
    since: scope.since,
    until: scope.until,
    filters: filters.length === 0 ? undefined : JSON.stringify(filters),
  }
  const key = scope.account === "" ? "" : `${path} ${JSON.stringify(asked)}`
  const every = Date.now() - beginOf(scope) > 2 * dayLength ? 60_000 : 15_000
  const breakdowns = [...tables, ...(stack.startsWith("metadata.") ? [stack] : []), "model*cached"]
  const plain = useLoaded(
    key && `${key} ${breakdowns}`,
    (signal) => get<Analytics>(path, { ...asked, compare: "previous", breakdown: breakdowns.join() }, signal),
    every,
  )
  const divided = useLoaded(
    key && `${key} ${stack}`,
    (signal) => get<Analytics>(path, { ...asked, by: stack }, signal),
    every,
  )
  const endings = useLoaded(
    key,
    (signal) => get<Analytics>(path, { ...asked, by: "ending" }, signal),
    every,
  )
  const shownDivided = divided.value ?? divided.last
  // What is still shown may be divided otherwise than what is on its way.
  const shownStack = shownDivided?.by[0] ?? stack
  const division = useMemo(
    () => ({ dimension: shownStack, nameOf: (value: string | null) => groupName(shownStack, value) }),
    [shownStack],
  )
  if (accounts.length === 0) return <Welcome />
  const figures = plain.value ?? plain.last
  const error = plain.error ?? divided.error ?? endings.error
  const retry = (): void => [plain, divided, endings].forEach(({ reload }) => reload())
  if (figures === undefined) {
    return error === undefined
      ? <p role="status" class="loading" aria-busy="true">Loading the figures…</p>
      : <Problem error={error} onRetry={retry} />
  }
  const isChanging = plain.value === undefined || divided.value === undefined || endings.value === undefined
  const name = stacks.find(([value]) => value === shownStack)?.[1].toLowerCase() ??
    shownStack.slice("metadata.".length)
  return (
    <>
      {error !== undefined && <Problem error={error} onRetry={retry} />}
      <div class="row spread">
        <div class="scope">
          <DimensionChoice label="Divide by" by={stack} dimensions={stacks} />
        </div>
        <HeldFilters filters={filters} />
      </div>
      {figures.totals.requests === 0 && filters.length === 0
        ? <Welcome account={scope.account} gateway={scope.gateway} />
        : (
          <div class={isChanging ? "page stale" : "page"} aria-busy={isChanging && error === undefined}>
            <Cards figures={figures} scope={scope} filters={filters} />
            <Charts
              plain={figures}
              divided={shownDivided}
              endings={endings.value ?? endings.last}
              division={division}
              name={name}
            />
            <TopTables figures={figures} scope={scope} filters={filters} />
          </div>
        )}
    </>
  )
}
