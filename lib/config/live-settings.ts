/**
 * The settings of a running gateway, and what changes them.
 *
 * A change is decoded whole before anything of it holds, and then put in force at once, between two requests.
 *
 * @module
 */
import * as Result from "effect/Result"
import { hex } from "../bytes/hex.ts"
import type { KnownSecret } from "../redaction/known-secret.ts"
import {
  type BuildContext,
  buildSettings,
  type BuiltSettings,
  decodeDeclaration,
  type EntryVariables,
  type Sources,
} from "./build-settings.ts"
import { type Declaration, problemsText, type SettingsProblem } from "./declaration.ts"
import type { GatewaySettings, Shared } from "./gateway-settings.ts"
import { knownText } from "./gateway-tokens.ts"
import type { ManagedSettings, SettingsControlShape, SettingsState } from "./SettingsControl.ts"
import { settingOrigins, sourceLine } from "./setting-origins.ts"
import type { FixedSettings, SettingsShape } from "./settings-shape.ts"

/** No gateway is managed until some are written. */
const noneManaged: ManagedSettings = { gateways: {}, secret: () => undefined }

/** Makes the settings of a gateway, and what changes them; or says what is wrong with the first ones. */
export const makeLiveSettings = (
  fixed: FixedSettings,
  variables: EntryVariables,
  first: Declaration,
): Result.Result<
  { readonly settings: SettingsShape; readonly control: SettingsControlShape },
  ReadonlyArray<SettingsProblem>
> => {
  const { adminTokens, metricsToken } = fixed
  /** They open no gateway, and must not reach a provider either. */
  const adminSecrets = [
    ...adminTokens.map(({ secret }) => secret),
    ...metricsToken === undefined ? [] : [metricsToken],
  ]
  const shared: Shared = {
    ...variables,
    foreignTokens: (id) => foreignTokens(id),
    issuers: () => holding.issuers,
  }
  const context: BuildContext = { fixed, variables, shared, adminSecrets }

  const initial = Result.flatMap(decodeDeclaration(first), (document) => {
    const sources: Sources = { declaration: first, document, managed: noneManaged }
    return Result.map(buildSettings(context, sources, undefined), (holding) => ({ sources, holding }))
  })
  if (Result.isFailure(initial)) return Result.fail(initial.failure)
  let { sources, holding } = initial.success
  let state: SettingsState = {
    version: 1,
    source: first.source,
    loadedAt: Date.now(),
    problem: undefined,
  }

  const foreignTokens = (id: string): ReadonlyArray<KnownSecret> => {
    const known = holding.foreignTokens.get(id)
    if (known !== undefined) return known
    const own = new Set(holding.entries.get(id)?.settings.tokens.map(({ digest }) => hex(digest)))
    const foreign = new Map<string, KnownSecret>()
    const others = [...holding.entries.values()].flatMap(({ settings }) => settings.tokens)
    for (const token of [...others, ...adminSecrets.map(knownText)]) {
      const digest = hex(token.digest)
      if (!own.has(digest)) foreign.set(digest, token)
    }
    const tokens = [...foreign.values()]
    holding.foreignTokens.set(id, tokens)
    return tokens
  }

  const change = (
    next: Sources,
    problem: string | undefined,
  ): Result.Result<void, ReadonlyArray<SettingsProblem>> =>
    Result.map(buildSettings(context, next, holding), (built) => {
      sources = next
      holding = built
      const { source } = next.declaration
      state = { version: state.version + 1, source, loadedAt: Date.now(), problem }
    })
  const reject = (problems: ReadonlyArray<SettingsProblem>): void => {
    state = { ...state, problem: problemsText(problems) }
  }

  /** What was asked for last: a call asks for its gateway several times. */
  let recent: {
    readonly of: BuiltSettings | undefined
    readonly account: string
    readonly gateway: string
    readonly settings: GatewaySettings | undefined
  } = { of: undefined, account: "", gateway: "", settings: undefined }

  const settings: SettingsShape = {
    ...fixed,
    get openKeys() {
      return holding.openKeys
    },
    get basetenKey() {
      return variables.basetenKey ?? holding.any?.keys.get("baseten")?.get("default")
    },
    get secrets() {
      return holding.secrets
    },
    get largestBody() {
      return holding.largestBody
    },
    gateway: (account, gateway) => {
      if (recent.of !== holding || recent.account !== account || recent.gateway !== gateway) {
        recent = {
          of: holding,
          account,
          gateway,
          settings: holding.entries.get(`${account}/${gateway}`)?.settings ?? holding.any,
        }
      }
      return recent.settings
    },
    gatewaysOf: (account) =>
      [...holding.entries.keys()].filter((id) => id.startsWith(`${account}/`))
        .map((id) => id.slice(account.length + 1)),
    entries: () => [...holding.entries].map(([id, { settings }]) => [id, settings] as const),
    state: () => state,
  }
  const control: SettingsControlShape = {
    declare: (declaration) => {
      const changed = Result.flatMap(
        decodeDeclaration(declaration),
        (document) => change({ ...sources, declaration, document }, undefined),
      )
      if (Result.isFailure(changed)) reject(changed.failure)
      return changed
    },
    reject,
    manage: (managed) => change({ ...sources, managed }, state.problem),
    check: (managed) => Result.map(buildSettings(context, { ...sources, managed }, holding), () => {}),
    declaredAt: (account, gateway) => {
      const { declaration, document } = sources
      const id = `${account}/${gateway}`
      return document.gateways?.[id] === undefined ? undefined : sourceLine(declaration, ["gateways", id])
    },
    originsOf: (account, gateway) => settingOrigins(sources, `${account}/${gateway}`),
    state: () => state,
  }
  return Result.succeed({ settings, control })
}
