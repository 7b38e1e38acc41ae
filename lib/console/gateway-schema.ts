/**
 * The settings of a gateway by their JSON Schema, and their values as text in a form.
 *
 * @module
 */

/** The schema of a setting. */
export interface Property {
  readonly type?: string
  readonly enum?: ReadonlyArray<string>
  readonly anyOf?: ReadonlyArray<Property>
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
  readonly default?: unknown
}

/** The settings by name. */
export type SettingsSchema = Readonly<Record<string, Property>>

let loading: Promise<SettingsSchema> | undefined

const load = async (): Promise<SettingsSchema> => {
  const response = await fetch(SETTINGS_SCHEMA)
  if (!response.ok) throw new Error("The schema of the settings cannot be read. Reload the page.")
  const { properties } = await response.json() as {
    readonly properties: {
      readonly gateways: { readonly additionalProperties: { readonly properties: SettingsSchema } }
    }
  }
  return properties.gateways.additionalProperties.properties
}

/** Loads the schema, once. */
export const settingsSchema = (): Promise<SettingsSchema> =>
  loading ??= load().catch((cause: unknown) => {
    loading = undefined
    throw cause
  })

/** How a setting is edited. */
export type SettingKind = "boolean" | "words" | "number" | "text" | "json"

/** The words that a setting accepts, apart from `null`; `undefined` if it accepts other values. */
export const wordsOf = ({ enum: words, anyOf = [] }: Property): ReadonlyArray<string> | undefined => {
  const [one, other] = anyOf.filter(({ type }) => type !== "null")
  return words ?? (other === undefined ? one?.enum : undefined)
}

/** The kind of a setting. */
export const kindOf = (property: Property): SettingKind => {
  const { type, anyOf = [] } = property
  if (wordsOf(property) !== undefined) return "words"
  if (type === "boolean") return "boolean"
  if (type === "integer" || type === "number") return "number"
  if (type === "string") return "text"
  const numbers = anyOf.every(({ type }) => type === "integer" || type === "number" || type === "null")
  return anyOf.length > 0 && numbers ? "number" : "json"
}

/** The text of a value in its control; empty if there is none. */
export const controlText = (value: unknown): string => {
  if (value === undefined) return ""
  return typeof value === "string" ? value : JSON.stringify(value, null, typeof value === "object" ? 2 : 0)
}

/**
 * The value of a text. An invalid one stays text, so that the gateway reports what it expects.
 *
 * @returns `undefined` for the default
 */
export const valueOf = (kind: SettingKind, text: string): unknown => {
  const trimmed = text.trim()
  if (trimmed === "") return undefined
  if (kind === "text" || kind === "words") return trimmed
  if (kind === "json") return JSON.parse(trimmed) as unknown
  try {
    return JSON.parse(trimmed) as unknown
  } catch {
    return trimmed
  }
}

/** The groups in which settings are shown; the first match counts. */
const groups: ReadonlyArray<readonly [title: string, pattern: RegExp]> = [
  ["Who may call", /^(authentication|auth_scheme|tokens|byok|jwt)/],
  ["Cache", /^cache_/],
  ["Limits and budgets", /^(rate_limit|spend_limits|on_store_outage|alerts)/],
  ["Retries and timeouts", /^(retry_|circuit_breaker|on_client_leave|cloudflare_error_status|.*_timeout$)/],
  ["Log and privacy", /^(log_|collect_|zdr|dlp|guardrails|otel)/],
  [
    "Providers, routes and prices",
    /^(provider_keys|custom_providers|routes|prices|model_aliases|session_aff)/,
  ],
]

/** The title for settings in no other group. */
const others = "More"

/** Sorts names into groups. */
export const grouped = (
  names: ReadonlyArray<string>,
): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
  const found = new Map<string, Array<string>>([
    ...groups.map(([title]) => [title, []] as [string, string[]]),
    [others, []],
  ])
  for (const name of names) {
    const [title] = groups.find(([, pattern]) => pattern.test(name)) ?? [others]
    found.get(title)?.push(name)
  }
  return [...found].filter(([, names]) => names.length > 0)
}

/** Settings with pages of their own, which are not edited together with the others. */
export const ownPages: Readonly<Record<string, string>> = {
  tokens: "tokens",
  provider_keys: "keys",
  routes: "routes",
  custom_providers: "providers",
}

/** Whether such a page belongs to the account. */
export const isOfAccount = (tab: string): boolean => tab === "providers"
