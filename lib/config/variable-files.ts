/**
 * Variables whose values stand in files: `NAME_FILE` in place of `NAME`.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { SettingsProblem } from "./declaration.ts"
import type { Environment } from "./environment.ts"
import { type HostFiles, noFiles, withoutLineBreak } from "./host-files.ts"

/** The settings have a file of their own, which is more than the value of a variable. */
const withoutFile: ReadonlySet<string> = new Set(["BASEGATE_CONFIG", "BASEGATE_CONFIG_FILE"])

/** The name of the variable that says which file holds a variable's value; `undefined` if there is none. */
export const fileVariable = (name: string): string | undefined =>
  withoutFile.has(name) ? undefined : `${name}_FILE`

/** Variables with the values of files among them, and what is wrong with those. */
export interface VariablesOfFiles {
  readonly environment: Environment
  readonly problems: ReadonlyArray<SettingsProblem>
  /** The names whose values come from files. */
  readonly read: ReadonlySet<string>
}

/**
 * Reads the values that stand in files.
 *
 * Problems show neither text nor path: someone may have given the secret itself for the path.
 *
 * @param names the variables that are known
 * @param isSet whether a value of a variable counts: an empty one does not, unless the variable is a secret
 */
export const withFiles = (
  environment: Environment,
  names: ReadonlyArray<string>,
  isSet: (name: string, value: unknown) => boolean,
  files: HostFiles | undefined,
): VariablesOfFiles => {
  const problems: Array<SettingsProblem> = []
  const values: Record<string, string> = {}
  for (const name of names) {
    const variable = fileVariable(name)
    const path = variable && environment[variable]
    if (variable === undefined || !isSet(name, path)) continue
    const problem = (source: string, message: string): void => {
      problems.push({ source, position: undefined, path: [], message })
    }
    if (isSet(name, environment[name])) problem(`${name}, ${variable}`, "expected one of the two, not both")
    else if (files === undefined) problem(variable, `expected ${name} in its place: ${noFiles}`)
    else {
      const text = Result.map(files.read(String(path)), withoutLineBreak)
      if (Result.isFailure(text)) {
        problem(variable, `expected the path of a file with the value: ${text.failure}`)
      } else if (text.success === "") {
        problem(variable, "expected the path of a file with the value: it is empty")
      } else values[name] = text.success
    }
  }
  const read = new Set(Object.keys(values))
  return { environment: read.size === 0 ? environment : { ...environment, ...values }, problems, read }
}
