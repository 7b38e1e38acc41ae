/**
 * The line of a request for a terminal.
 *
 * @module
 */
import { formatCount, formatDollars, formatDuration } from "./format-number.ts"
import type { RequestRecord } from "../../record/request-record.ts"

/** How a terminal shows lines. */
export interface TerminalFormat {
  /** The number of its columns. */
  readonly width: number
  readonly color: boolean
  /** Whether the date is shown before the time of day. */
  readonly dated: boolean
}

/** Codes of ECMA-48's SGR; each is undone by 39 or, for the intensities, 22. */
const codes = { dim: [2, 22], bold: [1, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const
type Paint = keyof typeof codes

/**
 * Callers choose model names and paths. A terminal obeys control characters (C0 and C1) and bidirectional marks, and
 * only ASCII has a known width in columns.
 */
const harmless = (text: string): string => text.replaceAll(/[^\x20-\x7e]/gu, "?")

/** A name that is too long loses its account or vendor, and then its beginning: the end tells variants apart. */
const fitted = (name: string, width: number): string => {
  const text = harmless(name)
  if (text.length <= width) return text
  const short = text.slice(text.indexOf("/") + 1)
  return short.length <= width ? short : `…${short.slice(short.length - width + 1)}`
}

interface Cell {
  readonly text: string
  readonly paint: Paint | undefined
}
const left = (text: string, width: number, paint?: Paint): Cell => ({ text: text.padEnd(width), paint })
const right = (text: string, width: number, paint?: Paint): Cell => ({ text: text.padStart(width), paint })

const row = (cells: ReadonlyArray<Cell>, color: boolean): string =>
  cells.map(({ text, paint }) => {
    if (!color || paint === undefined) return text
    const [on, off] = codes[paint]
    return `\x1b[${on}m${text}\x1b[${off}m`
  }).join(" ")

const columns = { time: 8, date: 6, status: 3, tokens: 12, cost: 9, clock: 5, ending: 8 } as const

/** Divides the remaining columns. On a terminal with fewer than 70, lines wrap. */
const widths = ({ width, dated }: TerminalFormat) => {
  const time = columns.time + (dated ? columns.date : 0)
  const { status, tokens, cost, clock, ending } = columns
  const gaps = 8
  const room = Math.max(width, 70 + time - columns.time) -
    (time + status + tokens + cost + 2 * clock + ending + gaps)
  const gateway = Math.min(20, Math.max(4, Math.floor(0.2 * room)))
  const model = Math.min(42, Math.floor(0.6 * room))
  return { ...columns, time, gateway, model, ending: ending + room - gateway - model }
}

const statusPaint = (status: number): Paint => status >= 500 ? "red" : status >= 400 ? "yellow" : "green"

const endingPaint = ({ ending }: RequestRecord): Paint =>
  ending === "complete" ? "dim" : ending === "client_left" ? "yellow" : "red"

const two = (value: number): string => String(value).padStart(2, "0")

/** In the time zone of the process. */
const timeOf = (time: string, dated: boolean): string => {
  const at = new Date(time)
  const day = `${two(at.getMonth() + 1)}-${two(at.getDate())} `
  return `${dated ? day : ""}${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

const subjectOf = ({ model, deployment, route, method, path }: RequestRecord): string =>
  model ?? deployment ?? route ?? `${method} ${path}`

/** Tokens read and written; a tilde if the answer did not report the final numbers. */
const tokensOf = ({ tokens_in, tokens_out, usage_source }: RequestRecord): string => {
  if (tokens_in === null && tokens_out === null) return "-"
  const [read, written] = [tokens_in, tokens_out].map((count) => count === null ? "-" : formatCount(count))
  return `${usage_source === "exact" ? "" : "~"}${read}→${written}`
}

const endingOf = ({ ending, token, cached, attempts, error }: RequestRecord): string =>
  [
    ending,
    ...token === null ? [] : [`by ${token}`],
    ...cached ? ["cached"] : [],
    ...attempts.length > 1 ? [`${attempts.length} tries`] : [],
    ...error === null ? [] : [error],
  ].join(", ")

const orDash = (value: number | null, show: (value: number) => string): string =>
  value === null ? "-" : show(value)

/** A request in one line of at most the terminal's width; colors are its only control sequences. */
export const terminalLine = (record: RequestRecord, format: TerminalFormat): string => {
  const { account_id, gateway_id, status, cost, time_to_first_byte_ms, total_ms } = record
  const width = widths(format)
  const gateway = gateway_id === null ? "-" : `${account_id}/${gateway_id}`
  const end = harmless(endingOf(record))
  return row([
    left(timeOf(record.time, format.dated), width.time, "dim"),
    left(fitted(gateway, width.gateway), width.gateway),
    left(fitted(subjectOf(record), width.model), width.model, "bold"),
    right(String(status), width.status, statusPaint(status)),
    right(tokensOf(record), width.tokens),
    right(orDash(cost, formatDollars), width.cost),
    right(orDash(time_to_first_byte_ms, formatDuration), width.clock),
    right(formatDuration(total_ms), width.clock),
    left(end.length <= width.ending ? end : `${end.slice(0, width.ending - 1)}…`, 0, endingPaint(record)),
  ], format.color)
}

/** The names of the columns. */
export const terminalHeader = (format: TerminalFormat): string => {
  const width = widths(format)
  return row([
    left("time", width.time, "dim"),
    left("gateway".slice(0, width.gateway), width.gateway, "dim"),
    left("model", width.model, "dim"),
    left("", width.status),
    right("tokens", width.tokens, "dim"),
    right("cost", width.cost, "dim"),
    right("first", width.clock, "dim"),
    right("total", width.clock, "dim"),
    left("ending", 0, "dim"),
  ], format.color)
}
