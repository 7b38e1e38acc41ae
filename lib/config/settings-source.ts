/**
 * Where the settings of gateways are declared: in the options of an app, in a variable, or in a file.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Declaration, SettingsProblem } from "./declaration.ts"
import type { Environment } from "./environment.ts"
import { type HostFiles, noFiles } from "./host-files.ts"
import { settingsIn } from "./settings-text.ts"

/** What is given to a gateway. */
export interface GivenSettings {
  readonly environment: Environment
  /** The document, if an app gives it as a value. */
  readonly config?: unknown
  readonly files?: HostFiles | undefined
}

/** Where settings are. */
export type SettingsSource =
  | { readonly kind: "document"; readonly declaration: Declaration; readonly notice: string | undefined }
  | { readonly kind: "file"; readonly path: string; readonly files: HostFiles }

type Found<A> = Result.Result<A, ReadonlyArray<SettingsProblem>>

/** The files that are read without being named. */
const usualFiles = ["basegate.yaml", "basegate.yml", "basegate.json"]

const problem = (source: string, message: string): SettingsProblem => ({
  source,
  position: undefined,
  path: [],
  message,
})
const failed = (source: string, message: string) => Result.fail([problem(source, message)])

/** A copy, which an app cannot change later. */
const copyOf = (config: unknown): Found<Declaration> => {
  try {
    return Result.succeed({ source: "config", document: JSON.parse(JSON.stringify(config)) as unknown })
  } catch {
    return failed("config", "expected an object of what JSON can hold")
  }
}

const declared = (declaration: Declaration, notice?: string): Found<SettingsSource> =>
  Result.succeed({ kind: "document", declaration, notice })

/** What `BASEGATE_CONFIG` declares. A Worker's JSON binding arrives parsed. */
const ofVariable = (value: unknown): Found<Declaration> => {
  const source = "BASEGATE_CONFIG"
  const parsed = typeof value === "string" ? settingsIn(value) : Result.succeed(value)
  return Result.isSuccess(parsed)
    ? Result.succeed({ source, document: parsed.success })
    : failed(source, parsed.failure)
}

/** Finds where settings are declared; they may be in one place. */
export const settingsSource = (
  { environment, config, files }: GivenSettings,
): Found<SettingsSource> => {
  const given = [
    ...config === undefined ? [] : ["config"],
    ...["BASEGATE_CONFIG", "BASEGATE_CONFIG_FILE"].filter((name) =>
      environment[name] !== undefined && environment[name] !== ""
    ),
  ]
  if (given.length > 1) {
    return failed(given.join(", "), "expected one of them: settings are declared in one place")
  }
  if (config !== undefined) return Result.flatMap(copyOf(config), (declaration) => declared(declaration))
  const usual = files === undefined ? [] : usualFiles.filter((name) => files.stamp(name) !== undefined)
  switch (given[0]) {
    case "BASEGATE_CONFIG":
      return Result.flatMap(ofVariable(environment["BASEGATE_CONFIG"]), (declaration) =>
        declared(
          declaration,
          usual[0] && `${usual[0]} is not read, since BASEGATE_CONFIG is set. Remove one of the two.`,
        ))
    case "BASEGATE_CONFIG_FILE":
      return files === undefined
        ? failed("BASEGATE_CONFIG_FILE", `expected BASEGATE_CONFIG in its place: ${noFiles}`)
        : Result.succeed({ kind: "file", path: String(environment["BASEGATE_CONFIG_FILE"]), files })
  }
  if (usual.length > 1) {
    return failed(usual.join(", "), "expected one of them, or BASEGATE_CONFIG_FILE that names it")
  }
  return usual[0] === undefined || files === undefined
    ? declared({ source: "", document: undefined })
    : Result.succeed({ kind: "file", path: usual[0], files })
}

/** The settings file; `undefined` if the settings are not in a file. */
export const settingsFile = (given: GivenSettings): string | undefined => {
  const source = settingsSource(given)
  return Result.isSuccess(source) && source.success.kind === "file" ? source.success.path : undefined
}

/** Reads what a settings file declares. A file without text would open the gateway to all ids. */
export const readSettingsFile = async (files: HostFiles, path: string): Promise<Found<Declaration>> => {
  const text = files.read(path)
  if (Result.isFailure(text)) return failed(path, `expected a file with settings: ${text.failure}`)
  if (text.success.trim() === "") return failed(path, "expected settings: the file is empty")
  return await files.parse(path, text.success)
}
