/**
 * The settings of one gateway: its entry with its defaults filled in.
 *
 * @module
 */
import type * as Redacted from "effect/Redacted"
import type { PriceOverride } from "../pricing/call-cost.ts"
import { type Alert, alertSettings } from "./alert-settings.ts"
import { type CircuitSettings, circuitSettings } from "./circuit-settings.ts"
import { type CustomProvider, customProviders } from "./custom-providers.ts"
import { type DlpEntry, dlpSettings } from "./dlp-settings.ts"
import { dynamicRoutes } from "./dynamic-routes.ts"
import type { GatewayEntry } from "./gateway-entry.ts"
import { type GuardrailsEntry, guardrailsSettings } from "./guardrails-settings.ts"
import { type GatewayToken, gatewayTokens } from "./gateway-tokens.ts"
import { type OnStoreOutage, rateProblem, type RateRule, rateRules, type SpendLimits } from "./limit-rules.ts"
import { type JwtSettings, jwtSettings } from "./jwt-settings.ts"
import { type LogSettings, logSettings } from "./log-settings.ts"
import { nodesOf, type RouteGraph } from "../dynamic-route/graph.ts"
import { type ModelAlias, modelAliases } from "./model-aliases.ts"
import { otelDestinations } from "./otel-destinations.ts"
import type { OtlpEndpoint } from "./otel-settings.ts"
import type { Backoff } from "./retry-settings.ts"
import type { Guardrails } from "../guardrail/guardrails.ts"
import type { CompiledDlp } from "../dlp/policy.ts"
import type { KnownSecret } from "../redaction/known-secret.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import { priceOverrides } from "./price-overrides.ts"
import { type Resolve, type StoredKeys, storedKeys } from "./stored-keys.ts"

/** One gateway's settings with every default filled in. */
export interface GatewaySettings {
  /**
   * The entry's name, by which limits count. It is `*` for all gateways without an entry of their own: otherwise a
   * caller could begin a new count under a new name.
   */
  readonly id: string
  /** Whether a gateway token is required. */
  readonly authentication: boolean
  /** The tokens that open this gateway. */
  readonly tokens: ReadonlyArray<GatewayToken>
  /** Whose JSON Web Tokens open it as well. */
  readonly jwt: JwtSettings | undefined
  /** The issuers of all entries: their tokens must not reach a provider. */
  readonly issuers: ReadonlySet<string>
  /** Tokens of other entries as they hold now: they open nothing here, and must not reach a provider either. */
  readonly foreignTokens: ReadonlyArray<KnownSecret>
  /** The scheme in which Baseten gets its key. */
  readonly authScheme: "bearer" | "api-key"
  readonly keys: StoredKeys
  readonly customProviders: ReadonlyMap<string, CustomProvider>
  readonly routes: ReadonlyMap<string, RouteGraph>
  readonly aliases: ReadonlyMap<string, ModelAlias>
  /** Whether choices among models are kept for a session. */
  readonly sessionAffinity: boolean
  /** The largest request body, in bytes. */
  readonly requestBodyLimit: number
  /** How long Baseten's response headers may take, in milliseconds, on Model APIs. */
  readonly headersTimeout: number
  /** The same on dedicated deployments and chains, where a cold start holds the request. */
  readonly dedicatedHeadersTimeout: number
  /** The longest silence within a response body, in milliseconds. */
  readonly idleTimeout: number
  /** How long a request's body may be silent, in milliseconds. */
  readonly requestIdleTimeout: number
  /** After how much silence a stream gets a comment, in milliseconds; `undefined` for never. */
  readonly streamKeepAlive: number | undefined
  /** How many WebSockets may be open at once, in one process. */
  readonly socketLimit: number
  /** The longest whole call, in milliseconds; `undefined` by default, since a healthy stream is never cut. */
  readonly totalTimeout: number | undefined
  /** Answers 400 when Baseten gave no answer, as Cloudflare does, instead of 502 or 504. */
  readonly cloudflareErrorStatus: boolean
  readonly cache: {
    /** Seconds for which every answer is kept; 0 keeps none unless a request asks for it. */
    readonly ttl: number
    /** Whether event streams are kept as well, and replayed as streams. */
    readonly streams: boolean
    /** Whether callers with different credentials share what is kept under a caller's own cache key. */
    readonly keyIsShared: boolean
    /** Whether `cf-aig-cache-ttl` alone asks for caching, as it did until August 2026. */
    readonly ttlHeaderEnables: boolean
  }
  readonly rateRules: ReadonlyArray<RateRule>
  readonly spendLimits: SpendLimits
  /** Whether an answer of a success status fails if it begins with an error. */
  readonly fallsBackOnReportedError: boolean
  readonly alerts: ReadonlyArray<Alert>
  /** Where the spans of its calls go, beside the collector of all gateways. */
  readonly otel: ReadonlyArray<OtlpEndpoint>
  /** What limits do while their store cannot be used. */
  readonly onStoreOutage: OnStoreOutage
  readonly retry: { readonly maxAttempts: number; readonly delay: number; readonly backoff: Backoff }
  /** Whether the gateway's retries hold for dedicated deployments and chains, which may then do something twice. */
  readonly retriesPredict: boolean
  /** `undefined` if hosts that keep failing are called all the same. */
  readonly circuit: CircuitSettings | undefined
  readonly log: LogSettings
  /** What the operator says a model or a deployment costs, by the names that `callCost` looks for. */
  readonly prices: ReadonlyMap<string, PriceOverride>
  /**
   * Whether a stream is read to its end when its client has left, so that its usage is known; otherwise Baseten's
   * request is aborted.
   */
  readonly drains: boolean
  /** Whether the gateway asks a chat's stream for its usage if the client does not. */
  readonly requestsUsage: boolean
  /** What requests and answers are checked for; `undefined` for nothing. */
  readonly dlp: CompiledDlp | undefined
  /** The same as it is written, for the management API. */
  readonly dlpEntry: DlpEntry
  /** The checks of requests and answers by a model; `undefined` if there are none. */
  readonly guardrails: Guardrails | undefined
  /** The same as it is written. */
  readonly guardrailsEntry: GuardrailsEntry
}

/** What every entry shares from the variables. */
export interface Shared {
  readonly tokens: ReadonlyArray<Redacted.Redacted<string>>
  readonly basetenKey: Redacted.Redacted<string> | undefined
  /** The tokens that do not open an entry, by its id. */
  readonly foreignTokens: (id: string) => ReadonlyArray<KnownSecret>
  /** The issuers of all entries. */
  readonly issuers: () => ReadonlySet<string>
}

/**
 * Fills in defaults.
 *
 * - `request_body_limit`: 100 MiB, just above the 100 MB at which Baseten's own edge refuses.
 * - the header timeouts: Baseten ends a synchronous call after 1,200 s. On dedicated deployments ours is longer, so
 *   that Baseten's own 504 arrives; on Model APIs it is longer than most clients wait.
 * - retries: none, like Cloudflare; if they are asked for without a delay, 500 ms that double.
 *
 * Throws `SettingProblem` if a setting refers to an unset variable, or a route to an unknown provider.
 */
export const gatewaySettings = (
  id: string,
  entry: typeof GatewayEntry.Type,
  shared: Shared,
  resolve: Resolve,
): GatewaySettings => {
  const rateIssue = rateProblem(entry)
  if (rateIssue !== undefined) throw new SettingProblem(rateIssue)
  const rules = rateRules(entry)
  const tokens = gatewayTokens(entry.tokens ?? [], shared.tokens, rules, resolve)
  for (const { id } of tokens.flatMap(({ limits }) => limits?.spendLimits.rules ?? [])) {
    if (entry.spend_limits?.rules.some((rule) => rule.id === id) !== true) continue
    throw new SettingProblem(
      `expected a rule of spend_limits with another id than "${id}", which a token's rule has`,
    )
  }
  const providers = customProviders(entry.custom_providers ?? {}, resolve)
  const routes = dynamicRoutes(entry.routes ?? {})
  for (const [name, graph] of routes) {
    for (const { element, action } of nodesOf(graph)) {
      if (action.type !== "model" || action.provider === "baseten" || providers.has(action.provider)) continue
      throw new SettingProblem(
        `expected the provider of route "${name}", element "${element}", to be baseten or one of custom_providers`,
      )
    }
  }
  return {
    id,
    authentication: entry.authentication ?? (tokens.length > 0 || entry.jwt !== undefined),
    tokens,
    jwt: entry.jwt && jwtSettings(entry.jwt),
    get issuers() {
      return shared.issuers()
    },
    get foreignTokens() {
      return shared.foreignTokens(id)
    },
    authScheme: entry.auth_scheme ?? "bearer",
    keys: storedKeys(entry.provider_keys, shared.basetenKey, resolve),
    customProviders: providers,
    routes,
    aliases: modelAliases(entry.model_aliases ?? {}, providers),
    sessionAffinity: entry.session_affinity ?? false,
    requestBodyLimit: entry.request_body_limit ?? 104_857_600,
    headersTimeout: entry.headers_timeout ?? 900_000,
    dedicatedHeadersTimeout: entry.dedicated_headers_timeout ?? 1_260_000,
    requestIdleTimeout: entry.request_idle_timeout ?? 30_000,
    streamKeepAlive: entry.stream_keep_alive && entry.stream_keep_alive * 1000,
    idleTimeout: entry.idle_timeout ?? 300_000,
    totalTimeout: entry.total_timeout ?? undefined,
    socketLimit: entry.websocket_limit ?? 10_000,
    cloudflareErrorStatus: entry.cloudflare_error_status ?? false,
    cache: {
      ttl: entry.cache_ttl ?? 0,
      streams: entry.cache_streams ?? false,
      keyIsShared: entry.cache_key_scope === "gateway",
      ttlHeaderEnables: entry.cache_ttl_header_enables ?? false,
    },
    rateRules: rules,
    spendLimits: entry.spend_limits ?? { enabled: false, rules: [] },
    fallsBackOnReportedError: entry.fallback_on_reported_error ?? false,
    otel: otelDestinations(entry.otel ?? [], resolve),
    alerts: alertSettings(entry.alerts ?? [], resolve),
    onStoreOutage: entry.on_store_outage ?? "local",
    retry: {
      maxAttempts: entry.retry_max_attempts ?? 1,
      delay: entry.retry_delay ?? 500,
      backoff: entry.retry_backoff ?? "exponential",
    },
    retriesPredict: entry.retry_predict ?? false,
    circuit: entry.circuit_breaker && circuitSettings(entry.circuit_breaker),
    log: logSettings(entry),
    prices: priceOverrides(entry.prices ?? {}),
    drains: entry.on_client_leave === "drain",
    requestsUsage: entry.stream_usage ?? true,
    dlp: dlpSettings(entry),
    dlpEntry: {
      ...(entry.dlp && { dlp: entry.dlp }),
      ...(entry.dlp_profiles && { dlp_profiles: entry.dlp_profiles }),
    },
    guardrails: guardrailsSettings(entry, providers),
    guardrailsEntry: {
      ...(entry.guardrails && { guardrails: entry.guardrails }),
      ...(entry.guardrails_scanner && { guardrails_scanner: entry.guardrails_scanner }),
    },
  }
}
