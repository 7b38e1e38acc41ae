/**
 * A month's spending by group, with links to the details of each group.
 *
 * @module
 */
import { filtersText, groupFilters } from "./filters.ts"
import { count, money, share, short, visible } from "./format.ts"
import { groupName } from "./group-name.ts"
import { hereWith, Link } from "./location.tsx"
import { Table } from "./parts.tsx"
import type { Analytics, Filter } from "./types.ts"

const most = 50

/** The table. A group's name links to its own spending by model; a model's name, by token. */
export const SpendFigures = ({ figures, filters, isShown }: {
  readonly figures: Analytics
  readonly filters: ReadonlyArray<Filter>
  /** Whether these are the figures that were requested last. */
  readonly isShown: boolean
}) => {
  const [by = "model"] = figures.by
  const rows = [...figures.rows].sort((one, other) => (other.cost ?? -1) - (one.cost ?? -1))
  const dearest = Math.max(1e-12, rows[0]?.cost ?? 0)
  const name = by.replace(/^metadata\./, "")
  const hrefOf = (value: string | null): string =>
    hereWith(
      by === "gateway" ? { gateway: value ?? "", by: "model" } : {
        filters: filtersText([...filters, ...groupFilters(by, value)]),
        by: by === "model" ? "token" : "model",
      },
    )
  return (
    <>
      <Table
        label="Spend"
        class="spend"
        heads={[
          name.charAt(0).toUpperCase() + name.slice(1),
          "#Cost",
          "#Share",
          "#Requests",
          "#Without a price",
          "#Tokens in",
          "#Tokens out",
        ]}
      >
        {rows.slice(0, most).map((row) => {
          const value = row.group[by] ?? null
          const text = visible(groupName(by, value))
          return (
            <tr key={String(value)}>
              <th scope="row">
                {isShown
                  ? (
                    <Link href={hrefOf(value)} title={`What ${text} was spent on`}>
                      <bdi>{text}</bdi>
                    </Link>
                  )
                  : <bdi>{text}</bdi>}
                <meter
                  min={0}
                  max={dearest}
                  value={Math.max(0, row.cost ?? 0)}
                  aria-label={`Share of ${text}`}
                />
              </th>
              <td class="number">{money(row.cost)}</td>
              <td class="number">{share(row.cost, figures.totals.cost)}</td>
              <td class="number">{count(row.requests)}</td>
              <td class="number">{count(row.unpriced)}</td>
              <td class="number">{short(row.tokens_in)}</td>
              <td class="number">{short(row.tokens_out)}</td>
            </tr>
          )
        })}
      </Table>
      {rows.length > most && <p class="note">{count(rows.length - most)} more are in the CSV.</p>}
    </>
  )
}
