/**
 * `basegate logs`: shows entries of the request log.
 *
 * @module
 */
import { terminalFormat } from "../runtime/terminal.ts"
import { type Command, CommandProblem, exitCode } from "./command.ts"
import { type LogFile, logFileName, openLogFile } from "./log-file.ts"
import { isDatabaseUrl, openLogDatabase } from "./log-database.ts"
import { logsHelp, type LogsOptions, logsOptions } from "./logs-options.ts"
import { entryTable, plainJson, wholeEntry } from "./logs-output.ts"
import { withFilesOf } from "./file-variables.ts"

/** Prints entries. */
export const logs: Command = async ({ args, env, now, say }) => {
  const options = logsOptions(args, now)
  if (options === undefined) {
    say(logsHelp)
    return exitCode.ok
  }
  const name = logFileName(withFilesOf(env, ["BASEGATE_DB"]))
  const log = isDatabaseUrl(name) ? await openLogDatabase(name) : openLogFile(name)
  try {
    return await print(log, options, say)
  } finally {
    await log.close()
  }
}

const print = async (
  log: LogFile,
  { id, scope, filters, last, json }: LogsOptions,
  say: (line: string) => void,
): Promise<number> => {
  if (id !== undefined) {
    const found = await log.find(scope, id)
    if (found === undefined) {
      throw new CommandProblem("there is no entry with this id; it may have been removed")
    }
    say(wholeEntry(found.entry, found, json ? undefined : 2))
    return exitCode.ok
  }
  const entries = await log.newest(scope, filters, last)
  if (json) { for (const entry of entries) say(plainJson(entry)) }
  else if (entries.length === 0) say("No request fits.")
  else for (const line of entryTable(entries, terminalFormat(true))) say(line)
  return exitCode.ok
}
