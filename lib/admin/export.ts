/**
 * Lists as CSV or as lines of JSON: streamed, some rows at a time, no faster than they are read.
 *
 * @module
 */
import { strictJson } from "../json/exact-json.ts"
import { csvHeader, type CsvRow, csvRows } from "./csv.ts"
import { adminHeaders } from "./envelope.ts"
import type { ExportFormat } from "./export-format.ts"

/** What is exported. */
export interface Exported {
  readonly format: ExportFormat
  /** The name of the file, without its ending. */
  readonly name: string
  /** For CSV. */
  readonly columns: ReadonlyArray<string>
  /**
   * The next rows, as in JSON; `undefined` after the last. If it rejects, the client sees that the list broke off.
   */
  readonly next: () => Promise<ReadonlyArray<CsvRow> | undefined>
  /** Converts a row to columns; if absent, rows are used unchanged. */
  readonly flat?: (row: CsvRow) => CsvRow
}

const types: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson",
}

/** Serves a complete list of rows as `next` would. */
export const allAtOnce = (rows: ReadonlyArray<CsvRow>): Exported["next"] => {
  let left: ReadonlyArray<CsvRow> | undefined = rows
  return () => {
    const next = left
    left = undefined
    return Promise.resolve(next)
  }
}

/**
 * An answer that a browser saves as a file.
 *
 * @param hasBody `false` for HEAD, which needs no body
 */
export const exportOf = ({ format, name, columns, next, flat }: Exported, hasBody: boolean): Response => {
  const encoder = new TextEncoder()
  let isFirst = true
  const textOf = (rows: ReadonlyArray<CsvRow>): string => {
    if (format === "ndjson") return rows.map((row) => `${strictJson(row)}\n`).join("")
    const lines = csvRows(columns, flat === undefined ? rows : rows.map(flat))
    return isFirst ? csvHeader(columns) + lines : lines
  }
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    // The stream does not call `pull` again after one that enqueues nothing.
    for (;;) {
      const rows = await next()
      const text = textOf(rows ?? [])
      isFirst = false
      if (text !== "") controller.enqueue(encoder.encode(text))
      if (rows === undefined) controller.close()
      if (rows === undefined || text !== "") return
    }
  }
  return new Response(hasBody ? new ReadableStream({ pull }, { highWaterMark: 0 }) : null, {
    headers: {
      ...adminHeaders,
      "content-type": types[format],
      "content-disposition": `attachment; filename="${name}.${format}"`,
      // Callers' text must not be taken for a page.
      "x-content-type-options": "nosniff",
    },
  })
}
