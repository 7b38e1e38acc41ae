/**
 * Formats entries of the log for `basegate logs`.
 *
 * @module
 */
import { wellFormedJson } from "../json/exact-json.ts"
import type { LogEntry, Payload } from "../request-log/entry.ts"
import { type TerminalFormat, terminalHeader, terminalLine } from "../telemetry/console/terminal-line.ts"

const escaped = (text: string): string =>
  text.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

/**
 * JSON with C1 controls and bidirectional marks escaped, which terminals obey and `JSON.stringify` does not escape.
 */
export const plainJson = (value: unknown, indent?: number): string =>
  wellFormedJson(JSON.stringify(value, null, indent)).replaceAll(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)

/** The format for files: that of a wide terminal, without color. */
const forFiles: TerminalFormat = { width: 160, color: false, dated: true }

/** One line per entry, below the column names. */
export const entryTable = (
  entries: ReadonlyArray<LogEntry>,
  format: TerminalFormat = forFiles,
): ReadonlyArray<string> => [
  terminalHeader(format),
  ...entries.map((entry) => terminalLine(entry, format)),
]

/** An entry in full, with its bodies if they were stored. */
export const wholeEntry = (
  entry: LogEntry,
  { request, response }: { readonly request: Payload | undefined; readonly response: Payload | undefined },
  indent?: number,
): string => plainJson({ ...entry, request, response }, indent)
