/**
 * `basegate usage`: prints usage and cost.
 *
 * @module
 */
import { type Command, type CommandContext, CommandProblem, exitCode } from "./command.ts"
import { isDatabaseUrl } from "./log-database.ts"
import { hasSqlite, logFileName } from "./log-file.ts"
import { type UsageFigures, usageOfFile, usageOfGateway } from "./usage-figures.ts"
import { usageHelp, type UsageOptions, usageOptions } from "./usage-options.ts"
import { usageCsv, usageJson, usageTable } from "./usage-output.ts"
import { withFilesOf } from "./file-variables.ts"

const hostOf = (host: string): string => host.includes(":") && !host.startsWith("[") ? `[${host}]` : host

/** The URL of the gateway that `basegate start` would start here. */
const ownUrl = ({ HOST, PORT }: CommandContext["env"]): URL => {
  const host = !HOST || HOST === "0.0.0.0" || HOST === "::" ? "127.0.0.1" : HOST
  return new URL(`http://${hostOf(host)}:${PORT || 8787}`)
}

const find = (options: UsageOptions, given: CommandContext["env"]): UsageFigures | Promise<UsageFigures> => {
  if (options.url !== undefined) {
    return usageOfGateway(options.url, options, withFilesOf(given, ["BASEGATE_ADMIN_TOKEN"]))
  }
  const file = options.file ?? logFileName(withFilesOf(given, ["BASEGATE_DB"]))
  if (hasSqlite() || options.file !== undefined || isDatabaseUrl(file)) return usageOfFile(file, options)
  const env = withFilesOf(given, ["BASEGATE_ADMIN_TOKEN", "HOST", "PORT"])
  if (env["BASEGATE_ADMIN_TOKEN"]) return usageOfGateway(ownUrl(env), options, env)
  throw new CommandProblem(
    "this Node has no SQLite to read the log with: use Node 22.13 or later, Bun or Deno, or set BASEGATE_ADMIN_TOKEN " +
      "to the admin token of a running gateway, which then is asked (--url says where it is)",
  )
}

/** Prints figures. */
export const usage: Command = async ({ args, env, now, say }) => {
  const options = usageOptions(args, now)
  if (options === undefined) {
    say(usageHelp)
    return exitCode.ok
  }
  const found = await find(options, env)
  if (options.format === "json") say(usageJson(found, options))
  else if (options.format === "csv") say(usageCsv(found, options))
  else for (const line of usageTable(found, options)) say(line)
  return exitCode.ok
}
