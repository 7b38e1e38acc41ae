/**
 * The terminal that a server runs in, if any.
 *
 * @module
 */
import * as Layer from "effect/Layer"
import { jsonLine, LogLine } from "../telemetry/console/LogLine.ts"
import { type TerminalFormat, terminalHeader, terminalLine } from "../telemetry/console/terminal-line.ts"
import { grantedEnvironment } from "./deno-permissions.ts"

interface Process {
  readonly stdout?: { readonly isTTY?: boolean; readonly columns?: number }
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly getBuiltinModule?: (name: "node:tty") => { readonly isatty: (descriptor: number) => boolean }
}

/**
 * How to write to the terminal; `undefined` if standard output is a file or a pipe. Read for each line, since windows
 * change their size. There is no color with `NO_COLOR` (no-color.org) and on dumb terminals.
 */
export const terminalFormat = (dated = false): TerminalFormat | undefined => {
  const { stdout, env: all = {} } = (globalThis as { readonly process?: Process }).process ?? {}
  if (stdout?.isTTY !== true) return undefined
  const env = grantedEnvironment(all)
  return { width: stdout.columns || 80, color: !env["NO_COLOR"] && env["TERM"] !== "dumb", dated }
}

/** Whether standard output shows color. Avoids `process.stdout`, which is slow to create (see below). */
export const hasColor = (): boolean => {
  const { getBuiltinModule, env: all = {} } = (globalThis as { readonly process?: Process }).process ?? {}
  const env = grantedEnvironment(all)
  return getBuiltinModule?.("node:tty").isatty(1) === true && !env["NO_COLOR"] && env["TERM"] !== "dumb"
}

/**
 * Readable lines on a terminal, with a heading above the first; JSON elsewhere.
 *
 * Nothing touches `process.stdout` before the first answer: creating it takes 9 ms on Bun and 15 on Deno (2026-11).
 */
export const layerTerminal: Layer.Layer<never> = Layer.sync(LogLine, () => {
  let named = false
  return (record, level) => {
    const format = terminalFormat()
    if (format === undefined) return jsonLine(record, level)
    const line = terminalLine(record, format)
    if (named) return line
    named = true
    return `${terminalHeader(format)}\n${line}`
  }
})
