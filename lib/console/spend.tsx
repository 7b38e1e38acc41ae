/**
 * Spending in a calendar month, and the use of each limit.
 *
 * @module
 */
import type { PageProps } from "./app.tsx"
import { gatewayApiPath, get } from "./api.ts"
import { DimensionChoice } from "./dimension-choice.tsx"
import { Download } from "./download.tsx"
import { filtersIn } from "./filters.ts"
import { ActiveFilters } from "./active-filters.tsx"
import { LimitsPanel } from "./limits.tsx"
import { count, money } from "./format.ts"
import { go, hereWith, useAddress } from "./location.tsx"
import { beginOfMonth, monthAfter, monthName, monthOf, timeZone } from "./months.ts"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import { MonthsPanel } from "./spend-months.tsx"
import { SpendFigures } from "./spend-table.tsx"
import type { Analytics } from "./types.ts"
import { Welcome } from "./welcome.tsx"

const dimensions = [
  ["model", "Model"],
  ["token", "Token"],
  ["gateway", "Gateway"],
  ["deployment", "Deployment"],
  ["provider", "Provider"],
] as const

const MonthChoice = ({ month }: { readonly month: string }) => {
  const choose = (value: string): void => go(hereWith({ month: value }))
  return (
    <div class="row month">
      <button type="button" aria-label="The month before" onClick={() => choose(monthAfter(month, -1))}>
        ‹
      </button>
      <label>
        <span>Month, {timeZone}</span>
        <input
          type="month"
          value={month}
          onChange={({ currentTarget: { value } }) => value !== "" && choose(value)}
        />
      </label>
      <button
        type="button"
        aria-label="The month after"
        disabled={month >= monthOf(new Date())}
        onClick={() => choose(monthAfter(month, 1))}
      >
        ›
      </button>
    </div>
  )
}

/** The month's projected total at the current rate; `undefined` for a past month. */
const outlookOf = (month: string, cost: number | null): number | undefined => {
  const [begin, end, now] = [beginOfMonth(month), beginOfMonth(monthAfter(month, 1)), Date.now()]
  if (cost === null || now >= end || now - begin < 86_400_000) return undefined
  return cost * (end - begin) / (now - begin)
}

export const SpendPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const given = searchParams.get("month") ?? ""
  const month = /^\d{4}-\d\d$/.test(given) ? given : monthOf(new Date())
  const by = searchParams.get("by") ?? "model"
  const filters = filtersIn(searchParams.get("filters"))
  const path = `${gatewayApiPath(scope.account, scope.gateway)}/analytics`
  const shared = {
    by,
    time_zone: timeZone,
    filters: filters.length === 0 ? undefined : JSON.stringify(filters),
  }
  const asked = { ...shared, since: month, until: monthAfter(month, 1), bucket: "all" }
  const spend = useLoaded(
    scope.account === "" ? "" : JSON.stringify([path, asked]),
    (signal) => get<Analytics>(path, asked, signal),
  )
  if (accounts.length === 0) return <Welcome />
  const shown = spend.value ?? spend.last
  const totals = shown?.totals
  const outlook = outlookOf(month, totals?.cost ?? null)
  return (
    <>
      <div class="row spread">
        <div class="scope">
          <MonthChoice month={month} />
          <DimensionChoice label="By" by={by} dimensions={dimensions} />
        </div>
        <ActiveFilters filters={filters} />
      </div>
      <div class="pair">
        <Panel
          title={totals === undefined ? "Spend" : `${money(totals.cost)} in ${monthName(month)}`}
          aside={
            <Download
              path={path}
              parameters={{ ...asked, format: "csv" }}
              name={`spend-${month}-by-${by}.csv`}
            />
          }
          isBusy={spend.isLoading}
        >
          {spend.error !== undefined && <Problem error={spend.error} onRetry={spend.reload} />}
          {shown === undefined && spend.error === undefined && <p role="status">Loading…</p>}
          {outlook !== undefined && (
            <p class="note">≈ {money(outlook)} by its end, if it goes on as it did so far.</p>
          )}
          {totals !== undefined && totals.unpriced > 0 && (
            <p class="note">
              {count(totals.unpriced)} of {count(totals.requests)}{" "}
              requests have no known price: what they cost is not in the sums.
            </p>
          )}
          {totals !== undefined && totals.cost_estimated > 0 && (
            <p class="note">≈ {money(totals.cost_estimated)} of it is estimated.</p>
          )}
          {shown !== undefined && shown.rows.length === 0 && (
            <p class="note">Nothing was called in this month.</p>
          )}
          {shown !== undefined && shown.rows.length > 0 && (
            <SpendFigures figures={shown} filters={filters} isShown={by === shown.by[0]} />
          )}
        </Panel>
        <MonthsPanel path={path} shared={shared} month={month} />
      </div>
      <LimitsPanel scope={scope} />
    </>
  )
}
