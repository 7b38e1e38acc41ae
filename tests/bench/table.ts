/**
 * What a measure found, and how it is printed.
 *
 * @module
 */
import type { Summary } from "./summary.ts"

/** One line of a table. */
export interface Row {
  readonly name: string
  /** By column, whose name holds the unit. A row without any was not measured. */
  readonly cells: Readonly<Record<string, Summary>>
}

/** The figures of one measure. */
export interface Table {
  readonly measure: string
  readonly title: string
  readonly rows: ReadonlyArray<Row>
  /** What a reader might take the figures for, and they are not. */
  readonly doesNotShow: string
}

/** Three digits that count, and no decimals from a hundred on. */
export const figure = (value: number): string => {
  const size = Math.abs(value)
  if (size < 0.005) return "0"
  if (!Number.isFinite(value)) return "–"
  if (size >= 1000) return Math.round(value).toLocaleString("en-US")
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}

/** `median (quartile–quartile)`; the median alone where there is no spread. */
export const cellText = (cell: Summary): string => {
  const [median, low, high] = [figure(cell.median), figure(cell.low), figure(cell.high)]
  return low === high ? median : `${median} (${low}–${high})`
}

/** The columns of a table, in the order in which rows first name them. */
export const columnsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => [
  ...new Set(rows.flatMap(({ cells }) => Object.keys(cells))),
]

/** Lines of Markdown, columns padded to one width. */
export const grid = (lines: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(3, ...lines.map((line) => line[column]?.length ?? 0))
  )
  const text = (line: ReadonlyArray<string>) =>
    `| ${widths.map((width, column) => (line[column] ?? "").padEnd(width)).join(" | ")} |`
  const [head = [], ...rest] = lines
  return [text(head), text(widths.map((width) => "-".repeat(width))), ...rest.map(text)].join("\n")
}

/** A table as Markdown. */
export const tableText = ({ title, rows, doesNotShow }: Table): string => {
  const columns = columnsOf(rows)
  const lines = rows.map(({ name, cells }) =>
    Object.keys(cells).length === 0 ? [name, "not measured"] : [
      name,
      ...columns.map((column) => {
        const cell = cells[column]
        return cell === undefined ? "" : cellText(cell)
      }),
    ]
  )
  return `\n${title}\n\n${grid([["", ...columns], ...lines])}\n\nDoes not show: ${doesNotShow}\n`
}
