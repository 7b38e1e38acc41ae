/**
 * Reads variables for commands that do not read all settings.
 *
 * @module
 */
import { problemsText } from "../config/declaration.ts"
import { withFiles } from "../config/variable-files.ts"
import { processFiles } from "../runtime/process-files.ts"
import { type CommandContext, CommandProblem } from "./command.ts"

/**
 * The variables, with the values of some of them read from files (`NAME_FILE`). Throws a `CommandProblem` if such a
 * file cannot be read, or if a variable is set both ways.
 */
export const withFilesOf = (
  env: CommandContext["env"],
  names: ReadonlyArray<string>,
): CommandContext["env"] => {
  const isSet = (_: string, value: unknown): boolean => value !== undefined && value !== ""
  const { environment, problems } = withFiles(env, names, isSet, processFiles())
  if (problems.length > 0) throw new CommandProblem(problemsText(problems))
  return environment as CommandContext["env"]
}
