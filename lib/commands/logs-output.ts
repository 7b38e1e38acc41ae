/**
 * Entries of the log as `basegate logs` shows them.
 *
 * @module
 */
import { wellFormedJson } from "../json/exact-json.ts"
import type { LogEntry, Payload } from "../request-log/entry.ts"
import { type TerminalFormat, terminalHeader, terminalLine } from "../telemetry/console/terminal-line.ts"

const escaped = (text: string): string =>
  text.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

/** JSON in which C1 controls and bidirectional marks are escaped: terminals obey them, and `JSON.stringify` leaves them. */
export const plainJson = (value: unknown, indent?: number): string =>
  wellFormedJson(JSON.stringify(value, null, indent)).replaceAll(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)

/** A file gets what a wide terminal would, without color. */
const forFiles: TerminalFormat = { width: 160, color: false, dated: true }

/** A line each, below the names of the columns. */
export const entryTable = (
  entries: ReadonlyArray<LogEntry>,
  format: TerminalFormat = forFiles,
): ReadonlyArray<string> => [
  terminalHeader(format),
  ...entries.map((entry) => terminalLine(entry, format)),
]

/** Everything that is known of an entry, with its bodies if they were kept. */
export const wholeEntry = (
  entry: LogEntry,
  { request, response }: { readonly request: Payload | undefined; readonly response: Payload | undefined },
  indent?: number,
): string => plainJson({ ...entry, request, response }, indent)
