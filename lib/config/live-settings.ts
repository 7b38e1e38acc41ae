/**
 * The settings of a running gateway, and what changes them.
 *
 * A change is decoded whole before anything of it holds, and then put in force at once, between two requests.
 *
 * @module
 */
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { hex } from "../bytes/hex.ts"
import type { KnownSecret } from "../redaction/known-secret.ts"
import type { Secrets } from "../redaction/secrets.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import { databaseSecret } from "./database-settings.ts"
import { type Declaration, locate, problemsText, type SettingsProblem } from "./declaration.ts"
import type { GatewaySettings, Shared } from "./gateway-settings.ts"
import { knownText, sharedValues } from "./gateway-tokens.ts"
import { haveOpenKeys, type HeldEntry, heldEntry, refusesAdmin } from "./held-entries.ts"
import { operatorSecrets } from "./operator-secrets.ts"
import type { ManagedSettings, SettingsControlShape, SettingsState } from "./SettingsControl.ts"
import { settingOrigins, sourceLine } from "./setting-origins.ts"
import {
  type DecodedDocument,
  decodeDocument,
  effectiveEntries,
  type WrittenEntry,
} from "./settings-document.ts"
import type { FixedSettings, SettingsShape } from "./settings-shape.ts"
import { storeSecrets } from "./store-settings.ts"
import { managedResolver, type Resolve } from "./stored-keys.ts"

/** What of the variables every entry is made with. */
export interface EntryVariables {
  readonly tokens: ReadonlyArray<Redacted.Redacted<string>>
  readonly basetenKey: Redacted.Redacted<string> | undefined
  /** Looks up what declared entries refer to. */
  readonly resolve: Resolve
}

/** Settings that hold from one change to the next. */
interface Holding {
  readonly entries: ReadonlyMap<string, HeldEntry>
  /** The entry for all ids that have none of their own. */
  readonly any: GatewaySettings | undefined
  readonly secrets: Secrets
  readonly openKeys: boolean
  readonly largestBody: number
  readonly foreignTokens: Map<string, ReadonlyArray<KnownSecret>>
  readonly issuers: ReadonlySet<string>
}

/** What was declared, and what was managed: the one changes without the other. */
interface Sources {
  readonly declaration: Declaration
  readonly document: DecodedDocument
  readonly managed: ManagedSettings
}

type Built = Result.Result<Holding, ReadonlyArray<SettingsProblem>>

const noDocument: DecodedDocument = { gateways: { "*": {} } }
const noneManaged: ManagedSettings = { gateways: {}, secret: () => undefined }

/** The name under which problems of managed entries are reported. */
const managedSource = "managed settings"

const decodeDeclaration = (
  declaration: Declaration,
): Result.Result<DecodedDocument, ReadonlyArray<SettingsProblem>> =>
  declaration.document === undefined ? Result.succeed(noDocument) : Result.mapError(
    decodeDocument(declaration.document),
    (problems) => problems.map((problem) => locate(declaration, problem)),
  )

/** Makes the settings of a gateway, and what changes them; or says what is wrong with the first ones. */
export const makeLiveSettings = (
  fixed: FixedSettings,
  variables: EntryVariables,
  first: Declaration,
): Result.Result<
  { readonly settings: SettingsShape; readonly control: SettingsControlShape },
  ReadonlyArray<SettingsProblem>
> => {
  const { adminTokens, metricsToken, secretKeys } = fixed
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

  const build = ({ declaration, document, managed }: Sources, before: Holding | undefined): Built => {
    const problems: Array<SettingsProblem> = []
    const entries = new Map<string, HeldEntry>()
    const add = (id: string, entry: WrittenEntry, from: Declaration, resolve: Resolve): void => {
      const problem = (expected: string): void => {
        problems.push(locate(from, { path: ["gateways", id], expected, meant: undefined }))
      }
      try {
        const held = heldEntry(id, entry, before?.entries.get(id), shared, resolve)
        entries.set(id, held)
        if (!refusesAdmin(held.settings, adminSecrets)) {
          problem("BASEGATE_ADMIN_TOKEN: expected a token that opens no gateway")
        }
      } catch (cause) {
        if (!(cause instanceof SettingProblem)) throw cause
        problem(cause.message)
      }
    }
    for (const [id, entry] of effectiveEntries(document)) add(id, entry, declaration, variables.resolve)
    const written: Declaration = { source: managedSource, document: { gateways: managed.gateways } }
    const others = Object.fromEntries(
      Object.entries(managed.gateways).filter(([id]) => document.gateways?.[id] === undefined),
    )
    const decoded = decodeDocument({ gateways: others })
    if (Result.isFailure(decoded)) {
      problems.push(...decoded.failure.map((problem) => locate(written, problem)))
    } else {
      const resolve = managedResolver(variables.resolve, managed.secret)
      const below = { ...decoded.success, ...(document.defaults && { defaults: document.defaults }) }
      for (const [id, entry] of effectiveEntries(below)) add(id, entry, written, resolve)
    }
    const tokens = [...entries].map(([id, { settings }]) => [id, settings.tokens] as const)
    for (const [id, expected] of sharedValues(tokens)) {
      const from = document.gateways?.[id] === undefined && managed.gateways[id] !== undefined
        ? written
        : declaration
      problems.push(locate(from, { path: ["gateways", id, "tokens"], expected, meant: undefined }))
    }
    if (problems.length > 0) return Result.fail(problems)
    const gateways = [...entries.values()].map(({ settings }) => settings)
    return Result.succeed({
      entries,
      any: entries.get("*")?.settings,
      secrets: operatorSecrets(gateways, fixed.otel, [
        ...variables.tokens,
        variables.basetenKey,
        ...adminSecrets,
        ...secretKeys,
        ...fixed.store === undefined ? [] : storeSecrets(fixed.store),
        fixed.database && databaseSecret(fixed.database),
      ]),
      openKeys: haveOpenKeys(gateways),
      largestBody: Math.max(0, ...gateways.map(({ requestBodyLimit }) => requestBodyLimit)),
      foreignTokens: new Map(),
      issuers: new Set(gateways.flatMap(({ jwt }) => jwt?.issuer ?? [])),
    })
  }

  const initial = Result.flatMap(decodeDeclaration(first), (document) => {
    const sources: Sources = { declaration: first, document, managed: noneManaged }
    return Result.map(build(sources, undefined), (holding) => ({ sources, holding }))
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
    Result.map(build(next, holding), (built) => {
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
    readonly of: Holding | undefined
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
    check: (managed) => Result.map(build({ ...sources, managed }, holding), () => {}),
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
