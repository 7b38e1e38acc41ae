/**
 * Reads the variables (on Workers: the bindings) that configure a gateway, once.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decodeStrictly } from "../schema/decode-strictly.ts"
import { adminProblem, adminTokensOf } from "./admin-tokens.ts"
import { type Declaration, problemsText, type SettingsProblem } from "./declaration.ts"
import { makeLiveSettings } from "./live-settings.ts"
import { otelSettings } from "./otel-settings.ts"
import { settingsIn } from "./settings-text.ts"
import type { FixedSettings, SettingsShape } from "./settings-shape.ts"
import type { SettingsControlShape } from "./SettingsControl.ts"
import { resolveIn } from "./stored-keys.ts"
import { unknownVariables } from "./unknown-variables.ts"
import { commaList, Variables } from "./variables.ts"

/** Where variables come from: `process.env`, a Worker's `env`, or the embedding app. */
export type Environment = Readonly<Record<string, unknown>>

const { BASEGATE_CONFIG: _, ...own } = Variables.fields
const OwnVariables = Schema.Struct(own)
const decode = decodeStrictly(OwnVariables)

/** The variable that holds the settings of gateways as JSON. */
const config = "BASEGATE_CONFIG"

const secrets: ReadonlySet<string> = new Set([
  "BASEGATE_TOKENS",
  "BASEGATE_ADMIN_TOKEN",
  "BASEGATE_METRICS_TOKEN",
  "BASEGATE_SECRET_KEY",
])

const names = Object.keys(Variables.fields)

/** Unset and empty are the same, but for tokens: an empty secret must not open a gateway. */
const present = (environment: Environment): Record<string, unknown> => {
  const variables: Record<string, unknown> = {}
  for (const name of names) {
    const value = environment[name]
    if (value === undefined || (value === "" && !secrets.has(name))) continue
    variables[name] = name === "LOG_LEVEL" ? String(value).toLowerCase() : value
  }
  return variables
}

type Decoded<A> = Result.Result<A, ReadonlyArray<SettingsProblem>>

const ofVariable = ([source = "", ...path]: ReadonlyArray<string>, message: string): SettingsProblem => ({
  source,
  position: undefined,
  path,
  message,
})

/** The variables, without the settings of gateways. */
const variablesIn = (environment: Environment): Decoded<typeof OwnVariables.Type> => {
  const { [config]: _, ...variables } = present(environment)
  const decoded = decode(variables)
  const problems = [
    ...Result.isFailure(decoded)
      ? decoded.failure.map(({ path, expected = "unknown variable" }) => ofVariable(path, expected))
      : [],
    ...unknownVariables(environment, names),
  ]
  if (problems.length > 0 || Result.isFailure(decoded)) return Result.fail(problems)
  const { BASEGATE_ADMIN_TOKEN: admin = "", BASEGATE_METRICS_TOKEN: metrics, BASEGATE_TOKENS: tokens = "" } =
    decoded.success
  const admins = adminTokensOf(admin).map(({ secret }) => Redacted.value(secret))
  const issue = adminProblem(admins, metrics, commaList(tokens))
  return issue === undefined
    ? Result.succeed(decoded.success)
    : Result.fail([ofVariable([issue.variable], issue.expected)])
}

/** What `BASEGATE_CONFIG` declares. */
const declarationIn = (environment: Environment): Decoded<Declaration> => {
  const { [config]: value } = present(environment)
  // A Worker's JSON binding arrives parsed.
  if (typeof value !== "string") {
    return Result.succeed({ source: value === undefined ? "" : config, document: value })
  }
  const parsed = settingsIn(value)
  return Result.isSuccess(parsed)
    ? Result.succeed({ source: config, document: parsed.success })
    : Result.fail([ofVariable([config], parsed.failure)])
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
    metricsToken: metrics === undefined ? undefined : Redacted.make(metrics),
    secretKeys: commaList(keys).map((key) => Redacted.make(key)),
    logFile: variables.BASEGATE_DB,
    grace: 1000 * Number(variables.BASEGATE_DRAIN_SECONDS ?? 10),
    otel: otelSettings(variables),
  }
}

/** The settings of a gateway that begins to run, and what changes them. */
export interface OpenedSettings {
  readonly settings: SettingsShape
  readonly control: SettingsControlShape
}

/** Decodes the environment, or tells every problem of its variables and of the settings that are declared. */
export const openSettings = (environment: Environment): Decoded<OpenedSettings> => {
  const variables = variablesIn(environment)
  const declaration = declarationIn(environment)
  if (Result.isFailure(declaration)) {
    return Result.fail([...Result.isFailure(variables) ? variables.failure : [], ...declaration.failure])
  }
  // What the settings of gateways lack is told beside what the variables lack.
  const known = Result.getOrElse(variables, () => ({}))
  const { BASETEN_API_KEY: key, BASEGATE_TOKENS: tokens = "" } = known as typeof OwnVariables.Type
  const opened = makeLiveSettings(fixedSettings(known), {
    tokens: commaList(tokens).map((token) => Redacted.make(token)),
    basetenKey: key === undefined ? undefined : Redacted.make(key),
    resolve: resolveIn(environment),
  }, declaration.success)
  if (Result.isSuccess(variables)) return opened
  return Result.fail([...variables.failure, ...Result.isFailure(opened) ? opened.failure : []])
}

/**
 * Decodes the environment.
 *
 * Fails with one line that names each variable that is wrong and what was expected of it, and never shows a
 * value: it may be a secret.
 */
export const readSettings = (environment: Environment): Result.Result<SettingsShape, string> =>
  Result.mapBoth(openSettings(environment), {
    onSuccess: ({ settings }) => settings,
    onFailure: problemsText,
  })
