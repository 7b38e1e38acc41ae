/**
 * Who may call a gateway.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { GatewayToken } from "../config/gateway-tokens.ts"
import type { GatewayError } from "../errors.ts"
import { gatewayTokenExpired, gatewayTokenRequired } from "../errors/token-errors.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import { presentedSecret } from "../redaction/known-secret.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { plainClock } from "../time/clock.ts"
import { credentialHeaders, isKeyScheme, parseAuthorization } from "./credential.ts"

/** What is known of a caller. */
export interface Caller {
  /** The valid gateway token that it sent. */
  readonly token: GatewayToken | undefined
  /** The headers that hold a gateway token, and so never go to a provider. */
  readonly tokenHeaders: ReadonlySet<string>
}

/** The same, while it is being found out. */
interface Found extends Caller {
  /** Whether a token was sent that has expired. */
  readonly expired: boolean
}

const anonymous: Found = { token: undefined, tokenHeaders: new Set(), expired: false }
const admittedAnonymous: Result.Result<Caller, GatewayError> = Result.succeed(anonymous)

const findTokens = async (headers: HeaderReader, gateway: GatewaySettings, now: number): Promise<Found> => {
  const holding = new Set<string>()
  let token: GatewayToken | undefined
  let expired = false
  for (const name of credentialHeaders) {
    const credential = parseAuthorization(headers.get(name))
    if (credential === undefined) continue
    const { scheme, secret } = credential
    const find = presentedSecret(secret)
    const own = await find(gateway.tokens)
    if (own !== undefined && now < own.expires) token ??= own
    else if (own !== undefined) expired = true
    else if (await find(gateway.foreignTokens) === undefined) {
      // A token before something else reads as the scheme of it: it does not authenticate, and must not be forwarded.
      if (isKeyScheme(scheme) || !await isToken(scheme, gateway)) continue
    }
    holding.add(name)
  }
  return { token, tokenHeaders: holding, expired }
}

const isToken = async (text: string, { tokens, foreignTokens }: GatewaySettings): Promise<boolean> => {
  const find = presentedSecret(Redacted.make(text))
  return (await find(tokens) ?? await find(foreignTokens)) !== undefined
}

/**
 * The header whose value may be meant as a token. What clients without one send does not count: `ai-gateway-provider`
 * sends `Bearer undefined`.
 */
const presenting = (headers: HeaderReader): string | undefined =>
  credentialHeaders.find((name) => parseAuthorization(headers.get(name)) !== undefined)

const admitted = (
  caller: Found,
  headers: HeaderReader,
  gateway: GatewaySettings,
): Result.Result<Caller, GatewayError> => {
  if (caller.token !== undefined) return Result.succeed(caller)
  // Also where none is required: calls without an owner, and without the limits of one, are not what its holder means.
  if (caller.expired) return Result.fail(gatewayTokenExpired())
  return gateway.authentication
    ? Result.fail(gatewayTokenRequired(presenting(headers)))
    : Result.succeed(caller)
}

/** Without a token in the settings, no header can hold one. */
const hasTokens = ({ tokens, foreignTokens }: GatewaySettings): boolean =>
  tokens.length > 0 || foreignTokens.length > 0

/** What `GatewayAuth` does. */
export interface GatewayAuthShape {
  /**
   * Fails with `unauthorized` (401, code 2009) if the gateway requires a token and the request has none, or has one that
   * has expired.
   */
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
  static readonly layer: Layer.Layer<GatewayAuth> = Layer.effect(
    GatewayAuth,
    Effect.map(plainClock, ({ wall }) => ({
      identify: (headers, gateway) => {
        if (hasTokens(gateway)) {
          return findTokens(headers, gateway, wall()).then((caller) => admitted(caller, headers, gateway))
        }
        return gateway.authentication ? admitted(anonymous, headers, gateway) : admittedAnonymous
      },
      tokenHeaders: (headers, gateway) =>
        hasTokens(gateway)
          ? findTokens(headers, gateway, wall()).then(({ tokenHeaders }) => tokenHeaders)
          : anonymous.tokenHeaders,
    })),
  )
}
