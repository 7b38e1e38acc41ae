/**
 * Spend and limits: what was spent in a calendar month, and what each rule allows.
 *
 * @module
 */
import { DimensionChoice } from "./dimension-choice.tsx"
import type { PageProps } from "./app.tsx"
import { gatewayPath, get } from "./api.ts"
import { LimitsPanel } from "./limits.tsx"
import { count, money, share, short, visible } from "./format.ts"
import { go, hereWith, useAddress } from "./location.tsx"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import type { Analytics } from "./types.ts"
import { Welcome } from "./welcome.tsx"

const dimensions = [["model", "Model"], ["token", "Token"], ["gateway", "Gateway"], [
  "deployment",
  "Deployment",
]] as const

const monthOf = (date: Date): string => date.toISOString().slice(0, 7)

const bounds = (month: string): { readonly since: string; readonly until: string } => {
  const [year = 0, number = 1] = month.split("-").map(Number)
  return {
    since: new Date(Date.UTC(year, number - 1, 1)).toISOString(),
    until: new Date(Date.UTC(year, number, 1)).toISOString(),
  }
}

/** Downloads what the API answers as CSV. */
const Download = (
  { path, month, by }: { readonly path: string; readonly month: string; readonly by: string },
) => {
  const download = async (): Promise<void> => {
    const search = new URLSearchParams({ ...bounds(month), by, bucket: "all", format: "csv" })
    const response = await fetch(`${path}?${search}`, { headers: { "x-basegate-console": "1" } })
    const link = document.createElement("a")
    link.href = URL.createObjectURL(await response.blob())
    link.download = `spend-${month}-by-${by}.csv`
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return <button type="button" onClick={() => void download()}>Download CSV</button>
}

/** The page. */
export const SpendPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const month = /^\d{4}-\d\d$/.test(searchParams.get("month") ?? "")
    ? searchParams.get("month") ?? ""
    : monthOf(new Date())
  const by = searchParams.get("by") ?? "model"
  const path = `${gatewayPath(scope.account, scope.gateway)}/analytics`
  const key = scope.account === "" ? "" : `spend ${path} ${month} ${by}`
  const spend = useLoaded(
    key,
    (signal) => get<Analytics>(path, { ...bounds(month), bucket: "all", by }, signal),
  )
  if (accounts.length === 0) return <Welcome />
  const isKey = by.startsWith("metadata.")
  const rows = [...spend.value?.rows ?? []].sort((one, other) => (other.cost ?? -1) - (one.cost ?? -1))
  const totals = spend.value?.totals
  return (
    <>
      <div class="scope">
        <label>
          <span>Month (UTC)</span>
          <input
            type="month"
            value={month}
            onChange={({ currentTarget: { value } }) => go(hereWith({ month: value }))}
          />
        </label>
        <DimensionChoice label="By" by={by} dimensions={dimensions} />
      </div>
      <Panel
        title={totals === undefined ? "Spend" : `${money(totals.cost)} spent`}
        aside={<Download path={path} month={month} by={by} />}
      >
        {spend.error !== undefined && <Problem error={spend.error} onRetry={spend.reload} />}
        {spend.value === undefined && spend.error === undefined && <p role="status">Loading…</p>}
        {totals !== undefined && totals.unpriced > 0 && (
          <p class="note">
            {count(totals.unpriced)} of {count(totals.requests)}{" "}
            requests have no known price: what they cost is not in the sums.
          </p>
        )}
        {spend.value !== undefined && rows.length === 0 && (
          <p class="note">Nothing was called in this month.</p>
        )}
        {rows.length > 0 && (
          <div class="scroll" tabIndex={0} role="region" aria-label="Spend">
            <table>
              <thead>
                <tr>
                  <th scope="col">{isKey ? by.slice("metadata.".length) : by}</th>
                  <th scope="col" class="number">Cost</th>
                  <th scope="col" class="number">Share</th>
                  <th scope="col" class="number">Requests</th>
                  <th scope="col" class="number">Without a price</th>
                  <th scope="col" class="number">Tokens in</th>
                  <th scope="col" class="number">Tokens out</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => {
                  const value = row.group[by]
                  return (
                    <tr key={String(value)}>
                      <th scope="row">
                        <bdi>{value == null || value === "" ? "none" : visible(value)}</bdi>
                      </th>
                      <td class="number">{money(row.cost)}</td>
                      <td class="number">{share(row.cost, totals?.cost)}</td>
                      <td class="number">{count(row.requests)}</td>
                      <td class="number">{count(row.unpriced)}</td>
                      <td class="number">{short(row.tokens_in)}</td>
                      <td class="number">{short(row.tokens_out)}</td>
                    </tr>
                  )
                })}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <LimitsPanel scope={scope} />
    </>
  )
}
