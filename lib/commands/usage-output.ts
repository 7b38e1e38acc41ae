/**
 * Formats figures for `basegate usage`.
 *
 * @module
 */
import { countColumns } from "../admin/analytics-columns.ts"
import { csvHeader, csvRows, plainNumber } from "../admin/csv.ts"
import { plainJson } from "./logs-output.ts"
import type { UsageFigures, Used } from "./usage-figures.ts"
import type { UsageOptions } from "./usage-options.ts"

const iso = (time: number): string => new Date(time).toISOString()

/** One object: the parameters, a row for each group, and the totals. */
export const usageJson = (
  { rows, totals }: UsageFigures,
  { since, until, timeZone, by }: UsageOptions,
): string => plainJson({ since: iso(since), until: iso(until), time_zone: timeZone, by, rows, totals }, 2)

/** One line per group, without totals. */
export const usageCsv = ({ rows }: UsageFigures, { by }: UsageOptions): string => {
  const nameOf = (dimension: string) => dimension === "cached" ? "is_cached" : dimension
  const flat = rows.map(({ group, ...row }) => ({
    ...row,
    ...Object.fromEntries(by.map((dimension) => [nameOf(dimension), group[dimension]])),
  }))
  const columns = [...by.map(nameOf), ...countColumns]
  // Without the last line break, which printing adds.
  return `${csvHeader(columns)}${csvRows(columns, flat)}`.slice(0, -1)
}

/** Replaces characters that a terminal would obey, or whose width it could not know. */
const harmless = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?")

const count = (value: number): string => plainNumber(value).replaceAll(/\B(?=(\d{3})+$)/g, ",")

/** All digits, at least two after the point. */
const dollars = (cost: number | null): string => {
  if (cost === null) return "unknown"
  const [whole = "0", fraction = ""] = plainNumber(cost).split(".")
  return `$${count(Number(whole))}.${fraction.padEnd(2, "0")}`
}

const cells = (row: Omit<Used, "group">): ReadonlyArray<string> => [
  count(row.requests),
  count(row.tokens_in),
  count(row.tokens_out),
  dollars(row.cost),
  count(row.unpriced),
]

/** Aligns costs by their decimal points. */
const aligned = (costs: ReadonlyArray<string>): ReadonlyArray<string> => {
  const behind = costs.map((cost) => cost.includes(".") ? cost.length - cost.indexOf(".") : 0)
  const most = Math.max(...behind)
  return costs.map((cost, index) => cost + " ".repeat(most - (behind[index] ?? 0)))
}

/** A table: the period, a row for each group, and the totals. */
export const usageTable = (usage: UsageFigures, options: UsageOptions): ReadonlyArray<string> => {
  const { since, until, timeZone, by } = options
  const zone = timeZone === "UTC" ? "" : ` (${timeZone})`
  const period = `From ${iso(since).slice(0, 16)}Z until ${iso(until).slice(0, 16)}Z${zone}`
  if (usage.totals.requests === 0) return [period, "", "No requests."]
  const body = [
    ...usage.rows.map((row) => [...by.map((name) => harmless(row.group[name] ?? "(none)")), ...cells(row)]),
    ["total", ...by.slice(1).map(() => ""), ...cells(usage.totals)],
  ]
  const costs = aligned(body.map((row) => row.at(-2) ?? ""))
  const table = [
    [...by, "requests", "tokens in", "tokens out", "cost", "unpriced"],
    ...body.map((row, index) => row.with(-2, costs[index] ?? "")),
  ]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = table.map((row) =>
    row.map((cell, column) =>
      column < by.length ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  )
  const rule = "-".repeat(Math.max(...lines.map((line) => line.length)))
  return [period, "", lines[0] ?? "", ...lines.slice(1, -1), rule, lines.at(-1) ?? ""]
}
