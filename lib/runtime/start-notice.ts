/**
 * What a server prints when it starts: the settings in force, without secrets, and a call to try.
 *
 * @module
 */
import { isLoopbackName } from "../auth/stored-key-policy.ts"
import { hex } from "../bytes/hex.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { SettingsShape } from "../config/settings-shape.ts"
import { guaranteesAmong, guaranteesOfFile, guaranteeText } from "../store/guarantee.ts"

/** What the notice is about. */
export interface Started {
  /** Where the server listens, as a URL without a path. */
  readonly url: string
  readonly host: string
  readonly settings:
    & Pick<
      SettingsShape,
      "adminTokens" | "database" | "logFile" | "metricsToken" | "open" | "store" | "workers"
    >
    & {
      readonly state: () => { readonly source: string }
    }
  /** The entries by id; that of all others is `*`. */
  readonly gateways: ReadonlyArray<readonly [id: string, settings: GatewaySettings]>
  /** Why the log is in memory although a file is named. */
  readonly whyNoFile?: string | undefined
  /** Where Durable Objects are kept, if there are any. */
  readonly objects?: string | undefined
}

/** A line: its label and its text. */
export type NoticeLine = readonly [label: string, text: string]

const listed = (names: ReadonlyArray<string>, most = 4): string =>
  names.length <= most
    ? names.join(", ")
    : `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`

const settingsLine = ({ settings, gateways }: Started): string => {
  const { source } = settings.state()
  const ids = gateways.map(([id]) => id)
  if (source === "") return "none: every gateway id is served with the defaults"
  if (ids.length === 0) return `${source}: no gateway is declared`
  const others = ids.includes("*") ? ["all other ids"] : []
  return `${source}: ${listed([...ids.filter((id) => id !== "*"), ...others])}`
}

const keysLine = ({ gateways }: Started): string => {
  const found = new Map<string, Set<string>>()
  for (const [, { keys, customProviders }] of gateways) {
    for (const [provider, aliases] of keys) {
      found.set(provider, new Set([...found.get(provider) ?? [], ...aliases.keys()]))
    }
    for (const [slug, { headers }] of customProviders) {
      if (headers.some(({ stored }) => stored)) found.set(slug, found.get(slug) ?? new Set())
    }
  }
  if (found.size === 0) return "none: callers send their own (BASETEN_API_KEY stores one)"
  return [...found].map(([provider, aliases]) =>
    aliases.size === 0 ? provider : `${provider} (${listed([...aliases])})`
  ).join(", ")
}

/** The most names of tokens that are shown. */
const mostTokens = 20

const tokensLine = ({ gateways }: Started): string => {
  const open = gateways.filter(([, { authentication }]) => !authentication)
  if (gateways.length === 0) return "none"
  if (open.length === gateways.length) return "none is asked for: every gateway is open"
  const tokens = gateways.flatMap(([, { tokens }]) => tokens)
  const names = new Set(tokens.map(({ name }) => name).filter((name) => name !== null))
  // Counted by value, since one token may open several gateways.
  const nameless = new Set(tokens.filter(({ name }) => name === null).map(({ digest }) => hex(digest))).size
  const known = [
    ...names.size === 0 ? [] : [listed([...names], mostTokens)],
    ...nameless === 0 ? [] : [`${nameless} without a name`],
    ...tokens.length === 0 ? ["none"] : [],
  ].join(", and ")
  const without = open.map(([id]) => id === "*" ? "all other ids" : id)
  return open.length === 0 ? known : `${known}; open without one: ${listed(without)}`
}

const logLine = ({ settings: { database, logFile }, whyNoFile, objects }: Started): string => {
  if (objects !== undefined) return `in a Durable Object, ${objects}`
  if (database !== undefined && whyNoFile === undefined) return database.name
  if (logFile !== undefined && whyNoFile === undefined) return logFile
  return `in memory, lost at the end${
    whyNoFile === undefined ? " (BASEGATE_DB names a file)" : `: ${whyNoFile}`
  }`
}

const databaseName = (
  database: Started["settings"]["database"],
  whyNoFile: Started["whyNoFile"],
): string | undefined => whyNoFile === undefined ? database?.name : undefined

/** Says which processes share the counts of limits. */
const limitsLine = (
  { settings: { database, logFile, store, workers }, whyNoFile, objects }: Started,
): string => {
  const inFile = logFile !== undefined && whyNoFile === undefined
  const shared = store?.name ??
    (objects !== undefined ? "Durable Objects" : databaseName(database, whyNoFile))
  const { rates, budgets } = shared !== undefined
    ? guaranteesAmong("store")
    : inFile
    ? guaranteesOfFile(workers !== 1)
    : guaranteesAmong("process")
  const where = shared === undefined ? "" : `${shared}: `
  return `${where}rates ${guaranteeText(rates)}; budgets ${guaranteeText(budgets)}`
}

const adminLine = ({ url, settings: { adminTokens, metricsToken } }: Started): string => {
  const metrics = metricsToken === undefined ? "" : "; /metrics also with BASEGATE_METRICS_TOKEN"
  if (adminTokens.length === 0) return `no management API (BASEGATE_ADMIN_TOKEN opens it)${metrics}`
  const tokens = listed(adminTokens.map(({ name, role }) => `${name} (${role})`))
  return `${reachable(url)}/client/v4/… and /metrics, for ${tokens}${metrics}`
}

const body = `'{"model": "openai/gpt-oss-120b", "messages": [{"role": "user", "content": "Hello"}]}'`

/** An address that stands for all of the machine's (`0.0.0.0`) cannot be called. */
const reachable = (url: string): string =>
  url.replace(/^(http:\/\/)(?:0\.0\.0\.0|\[::\])(?=:)/, "$1127.0.0.1")

/** An example call of the first gateway, with the credentials that it needs. */
const tryLine = ({ url, host, settings, gateways }: Started): string => {
  const [id = "*", gateway] = gateways.find(([id]) => id !== "*") ?? gateways[0] ?? []
  const path = id === "*" ? "my-account/my-gateway" : id
  const hasKey = gateway?.keys.has("baseten") === true
  const needsToken = gateway?.authentication === true
  const needsKey = !hasKey || (!needsToken && !settings.open && !isLoopbackName(host))
  const headers = [
    ...needsToken ? [`${needsKey ? "cf-aig-authorization" : "authorization"}: Bearer {gateway token}`] : [],
    ...needsKey ? ["authorization: Bearer {Baseten API key}"] : [],
    "content-type: application/json",
  ]
  return [
    `curl ${reachable(url)}/v1/${path}/baseten/v1/chat/completions`,
    ...headers.map((header) => `-H '${header}'`),
    `-d ${body}`,
  ].join(` \\\n${" ".repeat(14)}`)
}

/** The address of the console, if there are admin tokens to open it. */
const consoleLines = ({ url, settings: { adminTokens } }: Started): ReadonlyArray<NoticeLine> =>
  adminTokens.length === 0 ? [] : [["console", `${reachable(url)}/console`]]

/** The number of processes that share the port, if there are several. */
const workerLines = ({ settings: { workers } }: Started): ReadonlyArray<NoticeLine> =>
  workers === 1 ? [] : [["workers", workers === "auto" ? "a process a core" : `${workers} processes`]]

/** The lines after the one with the server's address. */
export const startNotice = (started: Started): ReadonlyArray<NoticeLine> => [
  ["settings", settingsLine(started)],
  ["keys", keysLine(started)],
  ["tokens", tokensLine(started)],
  ["admin", adminLine(started)],
  ...consoleLines(started),
  ...workerLines(started),
  ["log", logLine(started)],
  ["limits", limitsLine(started)],
  ...started.gateways.length === 0 ? [] : [["try", tryLine(started)] as const],
]

/** The lines as text; on a terminal the labels are dim. */
export const noticeText = (lines: ReadonlyArray<NoticeLine>, color: boolean): string =>
  lines.map(([label, text]) => {
    const name = label.padEnd(8)
    return `  ${color ? `\x1b[2m${name}\x1b[22m` : name}  ${text}`
  }).join("\n")
