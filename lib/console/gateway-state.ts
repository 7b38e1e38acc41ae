/**
 * The state of a gateway for viewing and editing: its settings, their version, and their origins.
 *
 * @module
 */
import { gatewayApiPath, get } from "./api.ts"
import {
  controlText,
  kindOf,
  ownPages,
  type SettingKind,
  type SettingsSchema,
  settingsSchema,
  valueOf,
} from "./gateway-schema.ts"
import type { Draft } from "./gateway-fields.tsx"
import { getVersioned } from "./write.ts"

/** Settings by name. */
export type SettingValues = Readonly<Record<string, unknown>>

/** Where a gateway's settings come from. */
export interface Origins {
  readonly entry: "declared" | "managed" | "shared" | "none"
  readonly at: string | null
  readonly settings: Readonly<
    Record<string, { readonly from: "entry" | "defaults"; readonly at: string | null }>
  >
}

/** The state of a gateway. */
export interface GatewayState {
  readonly json: SettingValues
  readonly tag: string
  readonly origins: Origins
  readonly schema: SettingsSchema
}

/** Loads a gateway. */
export const loadGateway = async (
  account: string,
  gateway: string,
  signal?: AbortSignal,
): Promise<GatewayState> => {
  const path = gatewayApiPath(account, gateway)
  const [{ value, tag }, origins, schema] = await Promise.all([
    getVersioned<SettingValues>(path, signal),
    get<Origins>(`${path}/origins`, {}, signal),
    settingsSchema(),
  ])
  return { json: value, tag, origins, schema }
}

/** The names of the settings that are edited together. */
export const editable = (schema: SettingsSchema): ReadonlyArray<string> =>
  Object.keys(schema).filter((name) => !Object.hasOwn(ownPages, name))

/** The settings in a gateway's own entry, of those that are edited together. */
export const ownSettings = ({ json, origins, schema }: GatewayState): SettingValues =>
  Object.fromEntries(
    editable(schema).filter((name) => origins.settings[name]?.from === "entry").map((
      name,
    ) => [name, json[name]]),
  )

/** The draft without any change. */
export const draftOf = (own: SettingValues): Draft =>
  Object.fromEntries(Object.entries(own).map(([name, value]) => [name, controlText(value)]))

/** The effect of a draft on a gateway's own entry. */
export interface GatewayEdit {
  readonly after: SettingValues
  /** The changed settings; `undefined` for those that are reset to their default. */
  readonly changes: SettingValues
  /** The problems of invalid values, by name. */
  readonly problems: ReadonlyMap<string, string>
}

const kindIn = (schema: SettingsSchema, name: string): SettingKind => {
  const property = schema[name]
  return property === undefined ? "json" : kindOf(property)
}

/** Parses a draft. */
export const readDraft = (schema: SettingsSchema, own: SettingValues, draft: Draft): GatewayEdit => {
  const after: Record<string, unknown> = {}
  const changes: Record<string, unknown> = {}
  const problems = new Map<string, string>()
  for (const name of new Set([...Object.keys(own), ...Object.keys(draft)])) {
    let value: unknown
    try {
      value = valueOf(kindIn(schema, name), draft[name] ?? "")
    } catch (cause) {
      problems.set(name, `not JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
      continue
    }
    if (value !== undefined) after[name] = value
    if (JSON.stringify(value) !== JSON.stringify(own[name])) changes[name] = value
  }
  return { after, changes, problems }
}

/** Applies the same changes to a newer version, whose other settings are kept. */
export const rebased = (draft: Draft, changes: SettingValues, newer: GatewayState): Draft => ({
  ...draftOf(ownSettings(newer)),
  ...Object.fromEntries(Object.keys(changes).map((name) => [name, draft[name] ?? ""])),
})

/** The request body for some changes. */
export const changesBody = (changes: SettingValues): object => {
  const unset = Object.keys(changes).filter((name) => changes[name] === undefined)
  // Undefined members are not sent.
  return unset.length === 0 ? changes : { ...changes, unset }
}
