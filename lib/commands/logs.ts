/**
 * `npm run logs`: what the request log holds.
 *
 * @module
 */
import process from "node:process"
import { terminalFormat } from "../runtime/terminal.ts"
import { openLogFile } from "./log-file.ts"
import { logsOptions, usage } from "./logs-options.ts"
import { entryTable, plainJson, wholeEntry } from "./logs-output.ts"

/** The text to print. Throws an `Error` that says what is wrong. */
const output = (): ReadonlyArray<string> => {
  const options = logsOptions(process.argv.slice(2), Date.now())
  if (typeof options === "string") throw new Error(options)
  const { help, id, scope, filters, last, json } = options
  if (help) return [usage]
  const log = openLogFile(process.env["BASEGATE_DB"] || "basegate.db")
  if (id !== undefined) {
    const found = log.find(scope, id)
    if (found === undefined) throw new Error("there is no entry of this id, or not any more")
    return [wholeEntry(found.entry, found, json ? undefined : 2)]
  }
  const entries = log.newest(scope, filters, last)
  if (json) return entries.map((entry) => plainJson(entry))
  return entries.length === 0 ? ["No request fits."] : entryTable(entries, terminalFormat(true))
}

// `npm run logs | head` closes the pipe while it is written to.
process.stdout.on("error", () => process.exit(0))
try {
  for (const line of output()) process.stdout.write(`${line}\n`)
} catch (cause) {
  console.error(`npm run logs: ${cause instanceof Error ? cause.message : cause}`)
  process.exitCode = 1
}
