/**
 * What had the most requests, and the way from there to the log.
 *
 * @module
 */
import { count, money, share, short, time, visible } from "./format.ts"
import { Link, pageHref } from "./location.tsx"
import { groupName } from "./overview.tsx"
import { Panel } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import type { Analytics, Filter, Group } from "./types.ts"

const filterOf = (dimension: string, value: string | null): ReadonlyArray<Filter> =>
  dimension === "gateway" || value === null
    ? []
    : [{ key: dimension === "status" ? "status_code" : dimension, operator: "eq", value: [value] }]

/** The address of the log that shows a group. */
const logHref = (scope: Scope, dimension: string, value: string | null): string => {
  const filters = filterOf(dimension, value)
  return pageHref("/console/log", {
    gateway: dimension === "gateway" && value !== null ? value : scope.gateway,
    filters: filters.length === 0 ? undefined : JSON.stringify(filters),
  })
}

const Row = ({ scope, dimension, row, most }: {
  readonly scope: Scope
  readonly dimension: string
  readonly row: Group
  readonly most: number
}) => {
  const value = row.group[dimension] ?? null
  const name = visible(groupName(dimension, value))
  return (
    <tr>
      <th scope="row">
        <Link href={logHref(scope, dimension, value)} title={name}>
          <bdi>{name}</bdi>
        </Link>
        <meter min={0} max={most} value={row.requests} aria-label={`${count(row.requests)} requests`} />
      </th>
      <td class="number">{short(row.requests)}</td>
      <td class={`number ${row.errors > 0 ? "bad" : ""}`}>
        {row.errors === 0 ? "0" : share(row.errors, row.requests)}
      </td>
      <td class="number">{short(row.tokens_in + row.tokens_out)}</td>
      <td class="number">{money(row.cost)}</td>
      <td class="number">{time(row.duration.p95)}</td>
      <td class="number">{time(row.time_to_first_token.p95)}</td>
    </tr>
  )
}

const names = { model: "Models", token: "Tokens", gateway: "Gateways", status: "Status" } as const

/** The tables. */
export const TopTables = ({ figures, scope }: { readonly figures: Analytics; readonly scope: Scope }) => (
  <div class="tables">
    {Object.entries(names).map(([dimension, title]) => {
      const { rows = [], more = 0 } = figures.breakdowns?.[dimension] ?? {}
      const isTold = rows.length > 1 || (rows[0]?.group[dimension] ?? null) !== null
      if (!isTold || (dimension === "gateway" && scope.gateway !== "")) return null
      const most = rows[0]?.requests ?? 1
      return (
        <Panel title={title} key={dimension}>
          <div class="scroll" tabIndex={0} role="region" aria-label={title}>
            <table class="top-table">
              <thead>
                <tr>
                  <th scope="col">{title}</th>
                  <th scope="col" class="number">Requests</th>
                  <th scope="col" class="number">Failed</th>
                  <th scope="col" class="number">Tokens</th>
                  <th scope="col" class="number">Cost</th>
                  <th scope="col" class="number">p95</th>
                  <th scope="col" class="number">First token p95</th>
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, 10).map((row) => (
                  <Row
                    key={String(row.group[dimension])}
                    scope={scope}
                    dimension={dimension}
                    row={row}
                    most={most}
                  />
                ))}
              </tbody>
            </table>
          </div>
          {rows.length + more > 10 && (
            <p class="note">{count(rows.length + more - 10)} more have fewer requests.</p>
          )}
        </Panel>
      )
    })}
  </div>
)
