/**
 * The terminal that a server runs in, where it runs in one.
 *
 * @module
 */
import * as Layer from "effect/Layer"
import { jsonLine, RecordLine } from "../telemetry/RecordLine.ts"
import { type TerminalFormat, terminalHeader, terminalLine } from "../telemetry/terminal-line.ts"

interface Process {
  readonly stdout?: { readonly isTTY?: boolean; readonly columns?: number }
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * How to write to the terminal; nothing where standard output is a file or a pipe. Asked for each line, since
 * windows change their size. `NO_COLOR` (no-color.org) and terminals that say they are dumb get no color.
 */
export const terminalFormat = (dated = false): TerminalFormat | undefined => {
  const { stdout, env = {} } = (globalThis as { readonly process?: Process }).process ?? {}
  if (stdout?.isTTY !== true) return undefined
  return { width: stdout.columns || 80, color: !env["NO_COLOR"] && env["TERM"] !== "dumb", dated }
}

/** Lines for people on a terminal, and JSON elsewhere. */
export const layerTerminal: Layer.Layer<never> = Layer.succeed(RecordLine, (record, level) => {
  const format = terminalFormat()
  return format === undefined ? jsonLine(record, level) : terminalLine(record, format)
})

/** Names the columns of the lines to come, once, where somebody reads them. */
export const tellColumns = (): void => {
  const format = terminalFormat()
  if (format !== undefined) console.log(terminalHeader(format))
}
