/**
 * Who may call a gateway.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { type GatewayError, gatewayTokenRequired } from "../errors.ts"
import { isOneOf, parseAuthorization } from "./credential.ts"

/** The headers a gateway token may come in. Only the first is Cloudflare's; the others are what SDKs can set. */
const tokenHeaders = ["cf-aig-authorization", "authorization", "x-api-key"] as const

/** What is known of a caller. */
export interface Caller {
  /** Whether it showed a valid gateway token. */
  readonly hasToken: boolean
  /** The headers that hold a gateway token, and so never go to Baseten. */
  readonly tokenHeaders: ReadonlySet<string>
}

const stranger: Caller = { hasToken: false, tokenHeaders: new Set() }

const identify = async (headers: Headers, gateway: GatewaySettings): Promise<Caller | GatewayError> => {
  if (gateway.tokens.length === 0 && !gateway.authentication) return stranger
  const holding = new Set<string>()
  for (const name of tokenHeaders) {
    const credential = parseAuthorization(headers.get(name))
    if (credential !== undefined && await isOneOf(credential.secret, gateway.tokens)) holding.add(name)
  }
  if (holding.size > 0) return { hasToken: true, tokenHeaders: holding }
  return gateway.authentication ? gatewayTokenRequired(headers.has("cf-aig-authorization")) : stranger
}

/** Identifies callers; fails with `unauthorized` (401, code 2009) where a gateway requires a token. */
export class GatewayAuth extends Context.Service<GatewayAuth, {
  readonly identify: (headers: Headers, gateway: GatewaySettings) => Effect.Effect<Caller, GatewayError>
}>()("basegate/auth/GatewayAuth") {
  /** Cloudflare's rule: `cf-aig-authorization`, with or without `Bearer`, else a token in the provider's place. */
  static readonly layer: Layer.Layer<GatewayAuth> = Layer.succeed(GatewayAuth, {
    identify: (headers, gateway) =>
      gateway.tokens.length === 0 && !gateway.authentication ? Effect.succeed(stranger) : Effect.flatMap(
        Effect.promise(() => identify(headers, gateway)),
        (caller) => "hasToken" in caller ? Effect.succeed(caller) : Effect.fail(caller),
      ),
  })
}
