/**
 * Rows as CSV (RFC 4180), for programs and for spreadsheets.
 *
 * @module
 */

/** Rows by the names of their columns. */
export type CsvRow = Readonly<Record<string, unknown>>

/**
 * The columns of rows with different members: every member of any row, in order of first appearance; `id` if there
 * are no rows.
 */
export const columnsOf = (rows: ReadonlyArray<CsvRow>): ReadonlyArray<string> =>
  rows.length === 0 ? ["id"] : [...new Set(rows.flatMap((row) => Object.keys(row)))]

/**
 * What spreadsheets take for the beginning of a formula, also after characters that they skip (OWASP, CSV injection).
 */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/** A number in plain digits: spreadsheets disagree on `1e-7`. */
export const plainNumber = (value: number): string => {
  const [, sign = "", whole = "", fraction = "", exponent] =
    /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value)) ?? []
  if (exponent === undefined) return String(value)
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`
  return digits.length <= point
    ? `${sign}${digits.padEnd(point, "0")}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "number") return Number.isFinite(value) ? plainNumber(value) : ""
  if (typeof value === "boolean") return String(value)
  const text = typeof value === "string" ? value : JSON.stringify(value)
  // Only text: a negative number is not a formula.
  return (formula.test(text) ? `'${text}` : text).toWellFormed()
}

const cell = (value: unknown): string => {
  const text = textOf(value)
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const line = (values: ReadonlyArray<unknown>): string => `${values.map(cell).join(",")}\r\n`

/** The names of the columns, as the first line. */
export const csvHeader = (columns: ReadonlyArray<string>): string => line(columns)

/**
 * Rows as lines: objects as JSON, `null` as an empty field, text that a spreadsheet would run with an apostrophe in
 * front.
 */
export const csvRows = (columns: ReadonlyArray<string>, rows: ReadonlyArray<CsvRow>): string =>
  rows.map((row) => line(columns.map((name) => row[name]))).join("")
