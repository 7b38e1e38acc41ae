/**
 * The groups with the most requests, cost or errors, with links to the log.
 *
 * @module
 */
import { groupFilters, logHref } from "./filters.ts"
import { count, money, share, short, time, visible } from "./format.ts"
import { groupName } from "./group-name.ts"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Choices, Panel, Table } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import type { Analytics, FigureGroup, Filter } from "./types.ts"

const orders: Readonly<Record<string, (row: FigureGroup) => number>> = {
  requests: ({ requests }) => requests,
  cost: ({ cost }) => cost ?? -1,
  failed: ({ errors }) => errors,
}
const orderNames = [["requests", "Requests"], ["cost", "Cost"], ["failed", "Failures"]] as const

const titles: Readonly<Record<string, string>> = {
  model: "Models",
  token: "Tokens",
  gateway: "Gateways",
  deployment: "Deployments",
  status: "Status",
}

interface RowProps {
  readonly scope: Scope
  readonly filters: ReadonlyArray<Filter>
  readonly dimension: string
  readonly row: FigureGroup
  readonly most: number
  readonly measure: (row: FigureGroup) => number
}

const Row = ({ scope, filters, dimension, row, most, measure }: RowProps) => {
  const value = row.group[dimension] ?? null
  const name = visible(groupName(dimension, value))
  const gateway = dimension === "gateway" && value !== null ? value : scope.gateway
  return (
    <tr>
      <th scope="row">
        <Link href={logHref({ gateway }, [...groupFilters(dimension, value), ...filters])} title={name}>
          <bdi>{name}</bdi>
        </Link>
        <meter min={0} max={most} value={Math.max(0, measure(row))} aria-label={`Share of ${name}`} />
      </th>
      <td class="number">{short(row.requests)}</td>
      <td class={`number ${row.errors > 0 ? "bad" : ""}`}>
        {row.errors === 0 ? "0" : share(row.errors, row.requests)}
      </td>
      <td class="number">{short(row.tokens_in + row.tokens_out)}</td>
      <td class="number">{money(row.cost)}</td>
      <td class="number">{time(row.duration.p95)}</td>
      <td class="number">{time(row.time_to_first_token.p95)}</td>
      <td class="number">{short(row.tokens_per_second.p50)}</td>
    </tr>
  )
}

const mostRows = 10

export const TopTables = ({ figures, scope, filters }: {
  readonly figures: Analytics
  readonly scope: Scope
  readonly filters: ReadonlyArray<Filter>
}) => {
  const order = useAddress().searchParams.get("top") ?? "requests"
  const measure = orders[order] ?? (({ requests }) => requests)
  const dimensions = Object.keys(figures.breakdowns ?? {}).filter((name) => !name.includes("*"))
  return (
    <>
      <div class="row spread">
        <h2>The most of them</h2>
        <Choices
          label="Order"
          choices={orderNames}
          chosen={order}
          onChoose={(value) => go(hereWith({ top: value === "requests" ? undefined : value }))}
        />
      </div>
      <div class="tables">
        {dimensions.map((dimension) => {
          const { rows = [], more = 0 } = figures.breakdowns?.[dimension] ?? {}
          const isTold = rows.length > 1 || (rows[0]?.group[dimension] ?? null) !== null
          if (!isTold || (dimension === "gateway" && scope.gateway !== "")) return null
          const title = titles[dimension] ?? `By ${dimension.replace("metadata.", "")}`
          const sorted = [...rows].sort((one, other) => measure(other) - measure(one))
          const most = Math.max(1e-12, measure(sorted[0] as FigureGroup))
          return (
            <Panel title={title} key={dimension}>
              <Table
                label={title}
                class="top-table"
                heads={[
                  title,
                  "#Requests",
                  "#Failed",
                  "#Tokens",
                  "#Cost",
                  "#Time p95",
                  "#First token p95",
                  "#Tokens/s",
                ]}
              >
                {sorted.slice(0, mostRows).map((row) => (
                  <Row
                    key={String(row.group[dimension])}
                    scope={scope}
                    filters={filters}
                    dimension={dimension}
                    row={row}
                    most={most}
                    measure={measure}
                  />
                ))}
              </Table>
              {rows.length + more > mostRows && (
                <p class="note">
                  {count(rows.length + more - mostRows)} more.
                </p>
              )}
            </Panel>
          )
        })}
      </div>
    </>
  )
}
