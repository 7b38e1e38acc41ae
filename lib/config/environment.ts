/**
 * Reads the variables (on Workers: the bindings) that configure a gateway, once.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { decodeStrictly, type Problem } from "../schema/decode-strictly.ts"
import { type GatewaySettings, gatewaySettings } from "./gateway-settings.ts"
import { operatorSecrets } from "./operator-secrets.ts"
import { type OtelSettings, otelSettings } from "./otel-settings.ts"
import type { Secrets } from "../redaction/secrets.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import { settingsIn } from "./settings-text.ts"
import { resolveIn } from "./stored-keys.ts"
import { unknownVariables } from "./unknown-variables.ts"
import { commaList, type LogLevel, Variables } from "./variables.ts"

/** Where variables come from: `process.env`, a Worker's `env`, or the embedding app. */
export type Environment = Readonly<Record<string, unknown>>

/** All settings, decoded. */
export interface SettingsShape {
  readonly host: string
  readonly port: number
  readonly open: boolean
  /** Whether a gateway that requires no token has stored keys. */
  readonly openKeys: boolean
  /** The key with which Baseten's prices are fetched: the one that all gateways share, else that of `*`. */
  readonly basetenKey: Redacted.Redacted<string> | undefined
  readonly inferenceUrl: string
  readonly modelUrl: string
  readonly chainUrl: string
  readonly corsOrigins: ReadonlySet<string>
  readonly logLevel: LogLevel
  /** Opens the management API and `/metrics`, which do not exist without it. */
  readonly adminToken: Redacted.Redacted<string> | undefined
  /** The SQLite file of the request log; `undefined` if it is kept in memory. */
  readonly logFile: string | undefined
  /** How long running requests may go on after the signal to stop, in milliseconds. */
  readonly grace: number
  /** What goes to an OpenTelemetry collector; `undefined` if nothing does. */
  readonly otel: OtelSettings | undefined
  /** The operator's secrets, to be redacted wherever a caller or a provider repeats them. */
  readonly secrets: Secrets
  /** The settings of a gateway; `undefined` if `BASEGATE_CONFIG` lists gateways and this is not one of them. */
  readonly gateway: (account: string, gateway: string) => GatewaySettings | undefined
  /** The largest `request_body_limit` of a gateway, in bytes. */
  readonly largestBody: number
  /** The gateways of an account that have an entry of their own. */
  readonly gatewaysOf: (account: string) => ReadonlyArray<string>
}

const decode = decodeStrictly(Variables)

/** Where in a variable a problem lies: `BASEGATE_CONFIG (gateways, *, idle_timeout)`. */
const place = ([variable, ...inside]: ReadonlyArray<string>): string =>
  inside.length === 0 ? `${variable}` : `${variable} (${inside.join(", ")})`

const unknownSetting = (meant: string | undefined): string =>
  meant === undefined ? "unknown setting" : `unknown setting; perhaps ${meant} was meant`

const sentenceOf = ({ path, expected, meant }: Problem): string =>
  `${place(path)}: ${expected ?? unknownSetting(meant)}`

const secrets: ReadonlySet<string> = new Set(["BASEGATE_TOKENS", "BASEGATE_ADMIN_TOKEN"])

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

/** The variables, decoded, or one line with everything that is wrong. */
const variablesIn = (environment: Environment): Result.Result<typeof Variables.Type, string> => {
  const problems = [...unknownVariables(environment, names)]
  const variables = present(environment)
  const { BASEGATE_CONFIG: config } = variables
  // A Worker's JSON binding arrives parsed.
  if (typeof config === "string") {
    const settings = settingsIn(config)
    if (Result.isSuccess(settings)) variables["BASEGATE_CONFIG"] = settings.success
    else {
      problems.push(`BASEGATE_CONFIG: ${settings.failure}`)
      delete variables["BASEGATE_CONFIG"]
    }
  }
  const decoded = decode(variables)
  if (Result.isFailure(decoded)) problems.unshift(...decoded.failure.map(sentenceOf))
  return Result.isSuccess(decoded) && problems.length === 0
    ? Result.succeed(decoded.success)
    : Result.fail(problems.join("; "))
}

const holdsKeys = ({ keys, customProviders }: GatewaySettings): boolean =>
  keys.size > 0 ||
  [...customProviders.values()].some(({ headers }) => headers.some(({ stored }) => stored))

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")

/**
 * Decodes the environment.
 *
 * Fails with one line that names each variable that is wrong and what was expected of it, and never shows a
 * value: it may be a secret.
 */
export const readSettings = (environment: Environment): Result.Result<SettingsShape, string> =>
  Result.flatMap(
    variablesIn(environment),
    (variables) => {
      const tokens = commaList(variables.BASEGATE_TOKENS ?? "").map((token) => Redacted.make(token))
      const { BASETEN_API_KEY: key, BASEGATE_ADMIN_TOKEN: admin } = variables
      const entries = variables.BASEGATE_CONFIG?.gateways ?? { "*": {} }
      const ofEntries = Object.values(entries).flatMap((entry) => entry.tokens ?? [])
      if (
        admin !== undefined && [...ofEntries, ...commaList(variables.BASEGATE_TOKENS ?? "")].includes(admin)
      ) {
        return Result.fail("BASEGATE_ADMIN_TOKEN: expected a token that opens no gateway")
      }
      const shared = {
        tokens,
        // The admin token opens no gateway, and must not reach a provider either.
        allTokens: admin === undefined ? ofEntries : [...ofEntries, admin],
        basetenKey: key === undefined ? undefined : Redacted.make(key),
        resolve: resolveIn(environment),
      }
      const gateways = new Map<string, GatewaySettings>()
      for (const [id, entry] of Object.entries(entries)) {
        try {
          gateways.set(id, gatewaySettings(id, entry, shared))
        } catch (cause) {
          if (!(cause instanceof SettingProblem)) throw cause
          return Result.fail(`${place(["BASEGATE_CONFIG", "gateways", id])}: ${cause.message}`)
        }
      }
      const adminToken = admin === undefined ? undefined : Redacted.make(admin)
      const otel = otelSettings(variables)
      return Result.succeed({
        host: variables.HOST ?? "127.0.0.1",
        port: Number(variables.PORT ?? 8787),
        open: variables.BASEGATE_OPEN === "true",
        openKeys: [...gateways.values()].some((gateway) => !gateway.authentication && holdsKeys(gateway)),
        basetenKey: shared.basetenKey ?? gateways.get("*")?.keys.get("baseten")?.get("default"),
        inferenceUrl: withoutSlash(variables.BASETEN_INFERENCE_URL ?? "https://inference.baseten.co"),
        modelUrl: withoutSlash(variables.BASETEN_MODEL_URL ?? "https://model-{model_id}.api.baseten.co"),
        chainUrl: withoutSlash(variables.BASETEN_CHAIN_URL ?? "https://chain-{chain_id}.api.baseten.co"),
        corsOrigins: new Set(commaList(variables.BASEGATE_CORS_ORIGINS ?? "")),
        logLevel: variables.LOG_LEVEL ?? "info",
        adminToken,
        logFile: variables.BASEGATE_DB,
        grace: 1000 * Number(variables.BASEGATE_DRAIN_SECONDS ?? 10),
        otel,
        secrets: operatorSecrets(gateways.values(), otel, [...tokens, shared.basetenKey, adminToken]),
        largestBody: Math.max(...[...gateways.values()].map(({ requestBodyLimit }) => requestBodyLimit)),
        gateway: (account, gateway) => gateways.get(`${account}/${gateway}`) ?? gateways.get("*"),
        gatewaysOf: (account) =>
          [...gateways.keys()].filter((id) => id.startsWith(`${account}/`))
            .map((id) => id.slice(account.length + 1)),
      })
    },
  )
