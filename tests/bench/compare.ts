/**
 * What a change did: the figures of two runs, side by side.
 *
 * @module
 */
import type { Summary } from "./summary.ts"
import { figure, grid, type Table } from "./table.ts"

/** One figure, before and after. */
export interface Change {
  readonly measure: string
  readonly row: string
  readonly column: string
  readonly before: Summary
  readonly after: Summary
}

/** Whether the middle halves of the two lie apart: what is nearer may be chance. */
export const isApart = ({ before, after }: Pick<Change, "before" | "after">): boolean =>
  before.high < after.low || after.high < before.low

/** The figures that both runs have, in the order of the later one. */
export const changes = (before: ReadonlyArray<Table>, after: ReadonlyArray<Table>): ReadonlyArray<Change> =>
  after.flatMap(({ measure, rows }) =>
    rows.flatMap(({ name, cells }) => {
      const earlier = before.find((table) => table.measure === measure)?.rows.find((row) => row.name === name)
      return Object.entries(cells).flatMap(([column, cell]) => {
        const was = earlier?.cells[column]
        return was === undefined ? [] : [{ measure, row: name, column, before: was, after: cell }]
      })
    })
  )

const percent = ({ before, after }: Change): string => {
  const share = (after.median / before.median - 1) * 100
  return Number.isFinite(share) ? `${share > 0 ? "+" : ""}${share.toFixed(0)} %` : "–"
}

/** The changes as Markdown. */
export const changesText = (of: ReadonlyArray<Change>): string => {
  const lines = of.map((change) => [
    `${change.measure}: ${change.row}`,
    change.column,
    figure(change.before.median),
    figure(change.after.median),
    percent(change),
    isApart(change) ? "" : "within the spread",
  ])
  return `\nWhat changed\n\n${grid([["", "", "before", "after", "change", ""], ...lines])}\n\n` +
    "Does not show: what the machine did between the runs. Ratios and what is over a floor suffer least from it.\n"
}
