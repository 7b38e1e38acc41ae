/**
 * `basegate check`: reports what is wrong with the settings, or which are in force.
 *
 * @module
 */
import * as Result from "effect/Result"
import { problemText } from "../config/declaration.ts"
import { type Environment, loadSettings } from "../config/environment.ts"
import { hostEnvironment } from "../runtime/host.ts"
import { processFiles } from "../runtime/process-files.ts"
import { urlHost } from "../runtime/process.ts"
import { startNotice } from "../runtime/start-notice.ts"
import { type Command, CommandProblem, exitCode } from "./command.ts"
import { hasSqlite, usualLogFile } from "./log-file.ts"
import { givenOptions } from "./options.ts"

const help = `Reads the settings as basegate start would, and says all that is wrong with them, or what holds.

  basegate check [file]

  --help                 this

Examples

  basegate check
  basegate check gateways.yaml

Without a file it is the one of the variables, or basegate.yaml of this folder. The exit code is 1 if there is a
problem. Secrets are not shown.`

/** The variables that `basegate start --config {file}` would have. */
const environmentWith = (file: string | undefined): Environment => {
  const { BASEGATE_CONFIG, BASEGATE_CONFIG_FILE, ...others } = hostEnvironment()
  const { BASEGATE_DB, BASEGATE_DB_FILE } = others
  const usual = BASEGATE_DB === undefined && BASEGATE_DB_FILE === undefined && hasSqlite()
  return {
    ...others,
    ...(usual && { BASEGATE_DB: usualLogFile }),
    ...(file === undefined ? { BASEGATE_CONFIG, BASEGATE_CONFIG_FILE } : { BASEGATE_CONFIG_FILE: file }),
  }
}

/** Prints every problem, one per line, or the settings in force. */
export const check: Command = async ({ args, say }) => {
  const { options, positionals } = givenOptions(args, {}, 1)
  if (options.has("help")) {
    say(help)
    return exitCode.ok
  }
  const opened = await loadSettings({ environment: environmentWith(positionals[0]), files: processFiles() })
  if (Result.isFailure(opened)) {
    for (const problem of opened.failure) say(problemText(problem))
    throw new CommandProblem(
      opened.failure.length === 1 ? "there is a problem" : `there are ${opened.failure.length} problems`,
    )
  }
  const { settings, notice } = opened.success
  const url = `http://${urlHost(settings.host)}:${settings.port}`
  say("The settings are good. What holds:")
  for (
    const [label, text] of startNotice({ url, host: settings.host, settings, gateways: settings.entries() })
  ) {
    if (label !== "try") say(`  ${label.padEnd(8)}  ${text}`)
  }
  if (notice !== undefined) say(`\n${notice}`)
  return exitCode.ok
}
