/**
 * The settings of a gateway as the management API shows them, without secrets.
 *
 * @module
 */
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { gatewayRule } from "../config/limit-rules.ts"

/** Cloudflare's fields; `null` for what this gateway does not have. */
const cloudflareFields = (id: string, settings: GatewaySettings) => {
  const rate = settings.rateRules.find((rule) => rule.id === gatewayRule)
  return {
    id,
    is_default: id === "default",
    // Settings come with the process, and have no history.
    created_at: null,
    modified_at: null,
    authentication: settings.authentication,
    // The gateway has no credits of its own to fall back to.
    byok_only: true,
    wholesale: false,
    cache_ttl: settings.cache.ttl,
    cache_invalidate_on_update: false,
    collect_logs: settings.log.collect,
    log_management: settings.log.maxEntries ?? null,
    log_management_strategy: settings.log.strategy,
    rate_limiting_limit: rate?.limit ?? null,
    rate_limiting_interval: rate?.interval ?? null,
    rate_limiting_technique: rate?.technique ?? null,
    retry_max_attempts: settings.retry.maxAttempts,
    retry_delay: settings.retry.delay,
    retry_backoff: settings.retry.backoff,
    spend_limits: settings.spendLimits,
    dlp: settings.dlpEntry.dlp ?? null,
    guardrails: settings.guardrailsEntry.guardrails ?? null,
    log_classification: false,
    logpush: false,
    logpush_public_key: null,
    otel: settings.otel.length === 0 ? null : settings.otel.map(({ url, protobuf }) => ({
      url,
      content_type: protobuf === true ? "protobuf" : "json",
    })),
    store_id: null,
    stripe: null,
    workers_ai_billing_mode: null,
    zdr: false,
  }
}

const seconds = (milliseconds: number | undefined): number | null =>
  milliseconds === undefined ? null : milliseconds / 1000

/** Settings that Cloudflare has no field for, under their names in `BASEGATE_CONFIG`. */
const ownFields = (settings: GatewaySettings) => ({
  auth_scheme: settings.authScheme,
  cache_streams: settings.cache.streams,
  cache_key_scope: settings.cache.keyIsShared ? "gateway" : "credential",
  cache_ttl_header_enables: settings.cache.ttlHeaderEnables,
  rate_limits: settings.rateRules.filter((rule) => rule.id !== gatewayRule),
  retry_predict: settings.retriesPredict,
  circuit_breaker: settings.circuit === undefined ? null : {
    failure_rate: settings.circuit.failureRate,
    minimum_calls: settings.circuit.minimumCalls,
    window: seconds(settings.circuit.windowMs),
    open: seconds(settings.circuit.openMs),
  },
  request_body_limit: settings.requestBodyLimit,
  headers_timeout: settings.headersTimeout,
  dedicated_headers_timeout: settings.dedicatedHeadersTimeout,
  request_idle_timeout: settings.requestIdleTimeout,
  idle_timeout: settings.idleTimeout,
  total_timeout: settings.totalTimeout ?? null,
  cloudflare_error_status: settings.cloudflareErrorStatus,
  collect_log_payloads: settings.log.payloads,
  log_payload_limit: settings.log.payloadLimit,
  log_retention: seconds(settings.log.retention),
  on_client_leave: settings.drains ? "drain" : "cancel",
  on_store_outage: settings.onStoreOutage,
  jwt: settings.jwt === undefined ? null : {
    issuer: settings.jwt.issuer,
    audience: settings.jwt.audience,
    jwks_url: settings.jwt.jwksUrl ?? null,
    claims: {
      name: settings.jwt.nameClaim,
      models: settings.jwt.modelsClaim ?? null,
      metadata: settings.jwt.metadataClaims,
    },
  },
  session_affinity: settings.sessionAffinity,
  stream_keep_alive: seconds(settings.streamKeepAlive),
  fallback_on_reported_error: settings.fallsBackOnReportedError,
  alerts: settings.alerts.map(({ host, budget, errorShare, circuit }) => ({
    host,
    budget,
    error_share: errorShare ?? null,
    circuit,
  })),
  // Only the names of the keys.
  provider_keys: Object.fromEntries(
    [...settings.keys].map(([provider, keys]) => [provider, [...keys.keys()]]),
  ),
  custom_providers: Object.fromEntries(
    [...settings.customProviders].map(([name, { baseUrl }]) => [
      name.slice("custom-".length),
      { base_url: baseUrl },
    ]),
  ),
  routes: [...settings.routes.keys()],
  prices: [...settings.prices.keys()],
  dlp_profiles: settings.dlpEntry.dlp_profiles ?? {},
  guardrails_scanner: settings.guardrailsEntry.guardrails_scanner ?? null,
})

/** A gateway by its id. */
export const gatewayJson = (id: string, settings: GatewaySettings) => ({
  ...cloudflareFields(id, settings),
  ...ownFields(settings),
})
