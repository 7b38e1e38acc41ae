/**
 * The settings of one gateway: an entry of `BASEGATE_CONFIG`.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const Milliseconds = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400_000 }))

/** What an entry may hold. An unknown key is an error: a misspelt limit must not look like a working one. */
export const GatewayEntry = Schema.Struct({
  authentication: Schema.optionalKey(Schema.Boolean),
  tokens: Schema.optionalKey(Schema.NonEmptyArray(Schema.String.check(Schema.isPattern(/^\S+$/)))),
  auth_scheme: Schema.optionalKey(Schema.Literals(["bearer", "api-key"])),
  request_body_limit: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  headers_timeout: Schema.optionalKey(Milliseconds),
  dedicated_headers_timeout: Schema.optionalKey(Milliseconds),
  idle_timeout: Schema.optionalKey(Milliseconds),
  total_timeout: Schema.optionalKey(Schema.NullOr(Milliseconds)),
  cloudflare_error_status: Schema.optionalKey(Schema.Boolean),
})

/** One gateway's settings with every default filled in. */
export interface GatewaySettings {
  /** Whether a gateway token is required. */
  readonly authentication: boolean
  /** The tokens that open this gateway. */
  readonly tokens: ReadonlyArray<Redacted.Redacted<string>>
  /** The scheme in which Baseten gets its key. */
  readonly authScheme: "bearer" | "api-key"
  /** The largest request body, in bytes. */
  readonly requestBodyLimit: number
  /** How long Baseten's response headers may take, in milliseconds, on Model APIs. */
  readonly headersTimeout: number
  /** The same on dedicated deployments and chains, where a cold start parks the request. */
  readonly dedicatedHeadersTimeout: number
  /** The longest silence within a response body, in milliseconds. */
  readonly idleTimeout: number
  /** The longest whole call, in milliseconds; none by default, since a healthy stream is never cut. */
  readonly totalTimeout: number | undefined
  /** Answers 400 when Baseten gave no answer, as Cloudflare does, instead of 502 or 504. */
  readonly cloudflareErrorStatus: boolean
}

/**
 * Fills in defaults.
 *
 * - `request_body_limit`: 100 MiB, just above the 100 MB at which Baseten's own edge refuses.
 * - the header clocks: Baseten ends a synchronous call after 1,200 s; ours are longer than that on dedicated
 *   deployments, so that Baseten's own 504 arrives, and than most clients' patience on Model APIs.
 */
export const gatewaySettings = (
  entry: typeof GatewayEntry.Type,
  sharedTokens: ReadonlyArray<Redacted.Redacted<string>>,
): GatewaySettings => {
  const tokens = [...(entry.tokens ?? []).map((token) => Redacted.make(token)), ...sharedTokens]
  return {
    authentication: entry.authentication ?? tokens.length > 0,
    tokens,
    authScheme: entry.auth_scheme ?? "bearer",
    requestBodyLimit: entry.request_body_limit ?? 104_857_600,
    headersTimeout: entry.headers_timeout ?? 900_000,
    dedicatedHeadersTimeout: entry.dedicated_headers_timeout ?? 1_260_000,
    idleTimeout: entry.idle_timeout ?? 300_000,
    totalTimeout: entry.total_timeout ?? undefined,
    cloudflareErrorStatus: entry.cloudflare_error_status ?? false,
  }
}
