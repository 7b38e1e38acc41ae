/**
 * Who may call a gateway.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { type GatewayError, gatewayTokenRequired } from "../errors.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { credentialHeaders, isKeyScheme, isOneOf, parseAuthorization } from "./credential.ts"

/** What is known of a caller. */
export interface Caller {
  /** The valid gateway token that it sent. */
  readonly token: Redacted.Redacted<string> | undefined
  /** The headers that hold a gateway token, and so never go to a provider. */
  readonly tokenHeaders: ReadonlySet<string>
}

const anonymous: Caller = { token: undefined, tokenHeaders: new Set() }
const admittedAnonymous: Result.Result<Caller, GatewayError> = Result.succeed(anonymous)

const findTokens = async (headers: HeaderReader, gateway: GatewaySettings): Promise<Caller> => {
  const holding = new Set<string>()
  let token: Redacted.Redacted<string> | undefined
  for (const name of credentialHeaders) {
    const credential = parseAuthorization(headers.get(name))
    if (credential === undefined) continue
    const { scheme, secret } = credential
    if (await isOneOf(secret, gateway.tokens)) token ??= secret
    else if (!await isOneOf(secret, gateway.foreignTokens)) {
      // A token before something else reads as the scheme of it: it does not authenticate, and must not be forwarded.
      const all = [...gateway.tokens, ...gateway.foreignTokens]
      if (isKeyScheme(scheme) || !await isOneOf(Redacted.make(scheme), all)) continue
    }
    holding.add(name)
  }
  return { token, tokenHeaders: holding }
}

/**
 * The header whose value may be meant as a token. What clients without one send does not count: `ai-gateway-provider`
 * sends `Bearer undefined`.
 */
const presenting = (headers: HeaderReader): string | undefined =>
  credentialHeaders.find((name) => parseAuthorization(headers.get(name)) !== undefined)

const admitted = (
  caller: Caller,
  headers: HeaderReader,
  gateway: GatewaySettings,
): Result.Result<Caller, GatewayError> =>
  caller.token === undefined && gateway.authentication
    ? Result.fail(gatewayTokenRequired(presenting(headers)))
    : Result.succeed(caller)

/** Without a token in the settings, no header can hold one. */
const hasTokens = ({ tokens, foreignTokens }: GatewaySettings): boolean =>
  tokens.length > 0 || foreignTokens.length > 0

/** What `GatewayAuth` does. */
export interface GatewayAuthShape {
  /** Fails with `unauthorized` (401, code 2009) if the gateway requires a token and the request has none. */
  readonly identify: (
    headers: HeaderReader,
    gateway: GatewaySettings,
  ) => Awaitable<Result.Result<Caller, GatewayError>>
  /** Which headers of a universal step hold a gateway token: it grants nothing there, and must not be forwarded. */
  readonly tokenHeaders: (
    headers: HeaderReader,
    gateway: GatewaySettings,
  ) => Awaitable<ReadonlySet<string>>
}

const GatewayAuthKey: Context.ServiceClass<GatewayAuth, "basegate/auth/GatewayAuth", GatewayAuthShape> =
  Context.Service<GatewayAuth, GatewayAuthShape>()("basegate/auth/GatewayAuth")

/** Identifies callers by gateway tokens. */
export class GatewayAuth extends GatewayAuthKey {
  /**
   * Cloudflare's rule: `cf-aig-authorization`, with or without `Bearer`, else a token in the provider's place. Only a
   * gateway with tokens has to wait for their digests.
   */
  static readonly layer: Layer.Layer<GatewayAuth> = Layer.succeed(GatewayAuth, {
    identify: (headers, gateway) => {
      if (hasTokens(gateway)) {
        return findTokens(headers, gateway).then((caller) => admitted(caller, headers, gateway))
      }
      return gateway.authentication ? admitted(anonymous, headers, gateway) : admittedAnonymous
    },
    tokenHeaders: (headers, gateway) =>
      hasTokens(gateway)
        ? findTokens(headers, gateway).then(({ tokenHeaders }) => tokenHeaders)
        : anonymous.tokenHeaders,
  })
}
