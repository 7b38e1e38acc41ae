/**
 * Who may call a gateway.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { type GatewayError, gatewayTokenRequired } from "../errors.ts"
import { credentialHeaders, isKeyScheme, isOneOf, parseAuthorization } from "./credential.ts"

/** What is known of a caller. */
export interface Caller {
  /** The valid gateway token that it showed. */
  readonly token: Redacted.Redacted<string> | undefined
  /** The headers that hold a gateway token, and so never go to a provider. */
  readonly tokenHeaders: ReadonlySet<string>
}

const stranger: Caller = { token: undefined, tokenHeaders: new Set() }

const search = async (headers: Headers, gateway: GatewaySettings): Promise<Caller> => {
  const holding = new Set<string>()
  let token: Redacted.Redacted<string> | undefined
  for (const name of credentialHeaders) {
    const credential = parseAuthorization(headers.get(name))
    if (credential === undefined) continue
    const { scheme, secret } = credential
    if (await isOneOf(secret, gateway.tokens)) token ??= secret
    else if (!await isOneOf(secret, gateway.foreignTokens)) {
      // A token before something else reads as the scheme of it: no way in, and not to be handed on.
      const all = [...gateway.tokens, ...gateway.foreignTokens]
      if (isKeyScheme(scheme) || !await isOneOf(Redacted.make(scheme), all)) continue
    }
    holding.add(name)
  }
  return { token, tokenHeaders: holding }
}

/**
 * The header that shows something which may be meant for a token. What clients without one send is none:
 * `ai-gateway-provider` sends `Bearer undefined`.
 */
const presenting = (headers: Headers): string | undefined =>
  credentialHeaders.find((name) => parseAuthorization(headers.get(name)) !== undefined)

/** What `GatewayAuth` does. */
export interface GatewayAuthShape {
  /** Fails with `unauthorized` (401, code 2009) where the gateway requires a token and the request has none. */
  readonly identify: (headers: Headers, gateway: GatewaySettings) => Effect.Effect<Caller, GatewayError>
  /** Which headers of a universal step hold a gateway token: it opens nothing there, and must not go on. */
  readonly tokenHeaders: (
    headers: Headers,
    gateway: GatewaySettings,
  ) => Effect.Effect<ReadonlySet<string>>
}

const GatewayAuthKey: Context.ServiceClass<GatewayAuth, "basegate/auth/GatewayAuth", GatewayAuthShape> =
  Context.Service<GatewayAuth, GatewayAuthShape>()("basegate/auth/GatewayAuth")

/** Identifies callers by gateway tokens. */
export class GatewayAuth extends GatewayAuthKey {
  /** Cloudflare's rule: `cf-aig-authorization`, with or without `Bearer`, else a token in the provider's place. */
  static readonly layer: Layer.Layer<GatewayAuth> = Layer.sync(GatewayAuth, () => {
    const find = (headers: Headers, gateway: GatewaySettings): Effect.Effect<Caller> =>
      gateway.tokens.length + gateway.foreignTokens.length === 0
        ? Effect.succeed(stranger)
        : Effect.promise(() => search(headers, gateway))
    return {
      identify: (headers, gateway) =>
        Effect.flatMap(
          find(headers, gateway),
          (caller) =>
            caller.token === undefined && gateway.authentication
              ? Effect.fail(gatewayTokenRequired(presenting(headers)))
              : Effect.succeed(caller),
        ),
      tokenHeaders: (headers, gateway) => Effect.map(find(headers, gateway), (_) => _.tokenHeaders),
    }
  })
}
