/**
 * Builds the settings of all gateways from what was declared and what is managed.
 *
 * @module
 */
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { KnownSecret } from "../redaction/known-secret.ts"
import type { Secrets } from "../redaction/secrets.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import { databaseSecret } from "./database-settings.ts"
import { type Declaration, locate, type SettingsProblem } from "./declaration.ts"
import type { GatewaySettings, Shared } from "./gateway-settings.ts"
import { sharedValues } from "./gateway-tokens.ts"
import { haveOpenKeys, type HeldEntry, heldEntry, refusesAdmin } from "./held-entries.ts"
import { operatorSecrets } from "./operator-secrets.ts"
import { pathOf, patientResolver } from "./missing-secrets.ts"
import type { ManagedSettings } from "./SettingsControl.ts"
import {
  type DecodedDocument,
  decodeDocument,
  effectiveEntries,
  type WrittenEntry,
} from "./settings-document.ts"
import type { FixedSettings } from "./settings-shape.ts"
import { storeSecrets } from "./store-settings.ts"
import { managedResolver, type Resolve } from "./stored-keys.ts"

/** The variables that every entry is made with. */
export interface EntryVariables {
  readonly tokens: ReadonlyArray<Redacted.Redacted<string>>
  readonly basetenKey: Redacted.Redacted<string> | undefined
  /** Looks up what declared entries refer to. */
  readonly resolve: Resolve
}

/** Settings that are in force until the next change. */
export interface BuiltSettings {
  readonly entries: ReadonlyMap<string, HeldEntry>
  /** The entry for all ids that have none of their own. */
  readonly any: GatewaySettings | undefined
  readonly secrets: Secrets
  readonly openKeys: boolean
  readonly largestBody: number
  readonly foreignTokens: Map<string, ReadonlyArray<KnownSecret>>
  readonly issuers: ReadonlySet<string>
}

/** What was declared, and what was managed: each changes without the other. */
export interface Sources {
  readonly declaration: Declaration
  readonly document: DecodedDocument
  readonly managed: ManagedSettings
}

/** What all settings of a gateway are built with. */
export interface BuildContext {
  readonly fixed: FixedSettings
  readonly variables: EntryVariables
  readonly shared: Shared
  /** They open no gateway, and must not reach a provider either. */
  readonly adminSecrets: ReadonlyArray<Redacted.Redacted<string>>
}

const noDocument: DecodedDocument = { gateways: { "*": {} } }

/** The name under which problems of managed entries are reported. */
const managedSource = "managed settings"

/** Decodes a declaration, or says everything that is wrong with it. */
export const decodeDeclaration = (
  declaration: Declaration,
): Result.Result<DecodedDocument, ReadonlyArray<SettingsProblem>> =>
  declaration.document === undefined ? Result.succeed(noDocument) : Result.mapError(
    decodeDocument(declaration.document),
    (problems) => problems.map((problem) => locate(declaration, problem)),
  )

/**
 * Builds settings, or says everything that is wrong with them.
 *
 * @param before settings in force: entries that stay as they were keep their objects
 */
export const buildSettings = (
  { fixed, variables, shared, adminSecrets }: BuildContext,
  { declaration, document, managed }: Sources,
  before: BuiltSettings | undefined,
): Result.Result<BuiltSettings, ReadonlyArray<SettingsProblem>> => {
  const problems: Array<SettingsProblem> = []
  const entries = new Map<string, HeldEntry>()
  const said = new Set<string>()
  const add = (id: string, entry: WrittenEntry, from: Declaration, secrets: Resolve): void => {
    const { resolve, missing } = patientResolver(secrets)
    const problem = (expected: string, path: ReadonlyArray<string> = ["gateways", id]): void => {
      problems.push(locate(from, { path, expected, meant: undefined }))
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
    for (const [reference, expected] of missing) {
      const own = document.gateways?.[id] ?? managed.gateways[id]
      const below = pathOf(own, reference)
      const path = below === undefined
        ? ["defaults", ...pathOf(document.defaults, reference) ?? []]
        : ["gateways", id, ...below]
      // Those of the defaults are missing in every entry below which they lie.
      const place = JSON.stringify(path)
      if (!said.has(place)) problem(expected, path)
      said.add(place)
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
      ...fixed.secretKeys,
      ...fixed.store === undefined ? [] : storeSecrets(fixed.store),
      fixed.database && databaseSecret(fixed.database),
    ]),
    openKeys: haveOpenKeys(gateways),
    largestBody: Math.max(0, ...gateways.map(({ requestBodyLimit }) => requestBodyLimit)),
    foreignTokens: new Map(),
    issuers: new Set(gateways.flatMap(({ jwt }) => jwt?.issuer ?? [])),
  })
}
