/**
 * Reads all that configures a gateway: variables (on Workers: bindings), and what they lead to.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decodeStrictly } from "../schema/decode-strictly.ts"
import { adminIssuerOf } from "./admin-issuer.ts"
import { adminProblem, adminTokensOf } from "./admin-tokens.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { databaseSettings } from "./database-settings.ts"
import { type Declaration, problemsText, type SettingsProblem } from "./declaration.ts"
import type { HostFiles } from "./host-files.ts"
import { makeLiveSettings } from "./live-settings.ts"
import { otelSettings } from "./otel-settings.ts"
import { type GivenSettings, readSettingsFile, settingsSource } from "./settings-source.ts"
import type { FixedSettings, SettingsShape } from "./settings-shape.ts"
import type { SettingsControlShape } from "./SettingsControl.ts"
import { storeProblem, storeSettings } from "./store-settings.ts"
import { resolveIn } from "./stored-keys.ts"
import { unknownVariables } from "./unknown-variables.ts"
import { fileVariable, type VariablesOfFiles, withFiles } from "./variable-files.ts"
import { commaList, Variables } from "./variables.ts"

/** Where variables come from: `process.env`, a Worker's `env`, or the embedding app. */
export type Environment = Readonly<Record<string, unknown>>

const { BASEGATE_CONFIG: _, ...own } = Variables.fields
const OwnVariables = Schema.Struct(own)
const decode = decodeStrictly(OwnVariables)

const secrets: ReadonlySet<string> = new Set([
  "BASEGATE_TOKENS",
  "BASEGATE_ADMIN_TOKEN",
  "BASEGATE_METRICS_TOKEN",
  "BASEGATE_SECRET_KEY",
  "BASEGATE_STORE_TOKEN",
])

const names = Object.keys(Variables.fields)
const known = [...names, ...names.map(fileVariable).filter((name) => name !== undefined)]

/** Unset and empty are the same, except for tokens: an empty secret must not open a gateway. */
const isSet = (name: string, value: unknown): boolean =>
  value !== undefined && (value !== "" || secrets.has(name))

const present = (environment: Environment): Record<string, unknown> => {
  const variables: Record<string, unknown> = {}
  for (const name of names) {
    const value = environment[name]
    if (isSet(name, value)) variables[name] = name === "LOG_LEVEL" ? String(value).toLowerCase() : value
  }
  return variables
}

type Decoded<A> = Result.Result<A, ReadonlyArray<SettingsProblem>>

/** The variables, without the settings of gateways. */
const variablesIn = (
  { environment, problems: ofFiles, read }: VariablesOfFiles,
  unknown: ReadonlyArray<SettingsProblem>,
): Decoded<typeof OwnVariables.Type> => {
  const ofVariable = ([name = "", ...path]: ReadonlyArray<string>, message: string): SettingsProblem => ({
    source: read.has(name) ? `${name}_FILE` : name,
    position: undefined,
    path,
    message,
  })
  const { BASEGATE_CONFIG: _, ...variables } = present(environment)
  const decoded = decode(variables)
  const problems = [
    ...Result.isFailure(decoded)
      ? decoded.failure.map(({ path, expected = "unknown variable" }) => ofVariable(path, expected))
      : [],
    ...ofFiles,
    ...unknown,
  ]
  if (problems.length > 0 || Result.isFailure(decoded)) return Result.fail(problems)
  const { BASEGATE_ADMIN_TOKEN: admin = "", BASEGATE_METRICS_TOKEN: metrics, BASEGATE_TOKENS: tokens = "" } =
    decoded.success
  if (decoded.success.BASEGATE_ADMIN_JWT !== undefined && admin === "") {
    return Result.fail([
      ofVariable(
        ["BASEGATE_ADMIN_JWT"],
        "expected BASEGATE_ADMIN_TOKEN beside it: it signs the console's sessions",
      ),
    ])
  }
  const admins = adminTokensOf(admin).map(({ secret }) => Redacted.value(secret))
  const issue = adminProblem(admins, metrics, commaList(tokens))
  if (issue !== undefined) return Result.fail([ofVariable([issue.variable], issue.expected)])
  const lack = storeProblem(decoded.success.BASEGATE_STORE, decoded.success.BASEGATE_STORE_TOKEN)
  return lack === undefined
    ? Result.succeed(decoded.success)
    : Result.fail([ofVariable(["BASEGATE_STORE_TOKEN"], lack)])
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")

const fixedSettings = (variables: typeof OwnVariables.Type): FixedSettings => {
  const {
    BASEGATE_ADMIN_TOKEN: admin = "",
    BASEGATE_METRICS_TOKEN: metrics,
    BASEGATE_SECRET_KEY: keys = "",
  } = variables
  return {
    host: variables.HOST ?? "127.0.0.1",
    port: Number(variables.PORT ?? 8787),
    open: variables.BASEGATE_OPEN === "true",
    inferenceUrl: withoutSlash(variables.BASETEN_INFERENCE_URL ?? "https://inference.baseten.co"),
    modelUrl: withoutSlash(variables.BASETEN_MODEL_URL ?? "https://model-{model_id}.api.baseten.co"),
    chainUrl: withoutSlash(variables.BASETEN_CHAIN_URL ?? "https://chain-{chain_id}.api.baseten.co"),
    corsOrigins: new Set(commaList(variables.BASEGATE_CORS_ORIGINS ?? "")),
    logLevel: variables.LOG_LEVEL ?? "info",
    adminTokens: adminTokensOf(admin),
    adminIssuer: adminIssuerOf(variables.BASEGATE_ADMIN_JWT ?? ""),
    metricsToken: metrics === undefined ? undefined : Redacted.make(metrics),
    secretKeys: commaList(keys).map((key) => Redacted.make(key)),
    ...databaseSettings(variables.BASEGATE_DB),
    store: storeSettings(variables.BASEGATE_STORE, variables.BASEGATE_STORE_TOKEN),
    workers: variables.BASEGATE_WORKERS === "auto" ? "auto" : Number(variables.BASEGATE_WORKERS ?? 1),
    grace: 1000 * Number(variables.BASEGATE_DRAIN_SECONDS ?? 10),
    otel: otelSettings(variables),
  }
}

/**
 * What the variables say of the process itself, whether or not the settings of gateways can be read. Unknown variables are
 * not looked for: settings may refer to them.
 */
export const readVariables = (
  environment: Environment,
  files: HostFiles | undefined,
): Decoded<FixedSettings> =>
  Result.map(variablesIn(withFiles(environment, names, isSet, files), []), fixedSettings)

/** The settings of a gateway that begins to run, and what changes them. */
export interface OpenedSettings {
  readonly settings: SettingsShape
  readonly control: SettingsControlShape
}

/** Decodes the variables and what is declared beside them, or reports every problem of both. */
const decodeSettings = (
  environment: Environment,
  files: HostFiles | undefined,
  declared: Decoded<Declaration>,
): Decoded<OpenedSettings> => {
  const document = Result.isSuccess(declared) ? declared.success.document : undefined
  const withValues = withFiles(environment, names, isSet, files)
  const variables = variablesIn(withValues, unknownVariables(environment, known, document))
  const ofVariables = Result.isFailure(variables) ? variables.failure : []
  if (Result.isFailure(declared)) return Result.fail([...ofVariables, ...declared.failure])
  // Problems of the gateways' settings are reported together with those of the variables.
  const sound: typeof OwnVariables.Type = Result.getOrElse(variables, () => ({}))
  const { BASETEN_API_KEY: key, BASEGATE_TOKENS: tokens = "" } = sound
  const opened = makeLiveSettings(fixedSettings(sound), {
    tokens: commaList(tokens).map((token) => Redacted.make(token)),
    basetenKey: key === undefined ? undefined : Redacted.make(key),
    resolve: resolveIn(withValues.environment, files),
  }, declared.success)
  if (Result.isSuccess(variables)) return opened
  return Result.fail([...ofVariables, ...Result.isFailure(opened) ? opened.failure : []])
}

/** Settings that were found and read. */
export interface LoadedSettings extends OpenedSettings {
  /** The settings file, if they stand in one: its document, and its stamp before it was read. */
  readonly file:
    | { readonly path: string; readonly document: unknown; readonly stamp: string | undefined }
    | undefined
  /** Notes for the operator on how they were found. */
  readonly notice: string | undefined
}

/** Finds, reads and decodes all settings; at once, unless they stand in a file. */
export const loadSettings = (given: GivenSettings): Awaitable<Decoded<LoadedSettings>> => {
  const { environment, files } = given
  const source = settingsSource(given)
  if (Result.isFailure(source)) {
    return decodeSettings(environment, files, Result.fail(source.failure)) as Decoded<never>
  }
  const found = source.success
  if (found.kind === "document") {
    const opened = decodeSettings(environment, files, Result.succeed(found.declaration))
    return Result.map(opened, (settings) => ({ ...settings, file: undefined, notice: found.notice }))
  }
  const { path } = found
  const stamp = found.files.stamp(path)
  return readSettingsFile(found.files, path).then((declared) =>
    Result.map(decodeSettings(environment, files, declared), (opened) => {
      const document = Result.map(declared, (declaration) => declaration.document)
      return { ...opened, file: { path, stamp, document: Result.getOrThrow(document) }, notice: undefined }
    })
  )
}

/** The same where there are no files. */
export const settingsWithoutFiles = (environment: Environment): Decoded<OpenedSettings> =>
  loadSettings({ environment }) as Decoded<OpenedSettings>

/**
 * Decodes the environment.
 *
 * Fails with one line that names each variable that is wrong and what was expected of it, and never shows a
 * value: it may be a secret.
 */
export const readSettings = (environment: Environment): Result.Result<SettingsShape, string> =>
  Result.mapBoth(settingsWithoutFiles(environment), {
    onSuccess: ({ settings }) => settings,
    onFailure: problemsText,
  })
