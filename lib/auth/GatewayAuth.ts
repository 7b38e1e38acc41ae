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
import {
  gatewayTokenExpired,
  gatewayTokenRequired,
  issuerUnavailable,
  jwtRefused,
} from "../errors/token-errors.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import { presentedSecret } from "../redaction/known-secret.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { plainClock } from "../time/clock.ts"
import type { FetchKeys } from "./issuer-keys.ts"
import { type JwtProblem, JwtVerifier, statedIssuer } from "./jwt.ts"
import { credentialHeaders, isKeyScheme, parseAuthorization } from "./credential.ts"

/** What is known of a caller. */
export interface Caller {
  /** The valid gateway token that it sent. */
  readonly token: GatewayToken | undefined
  /** The headers that hold a gateway token, and so never go to a provider. */
  readonly tokenHeaders: ReadonlySet<string>
}

/** A caller, while it is being identified. */
interface Found extends Caller {
  /** Whether a token was sent that has expired, or why a JSON Web Token is not taken. */
  readonly problem: JwtProblem | undefined
}

const anonymous: Found = { token: undefined, tokenHeaders: new Set(), problem: undefined }
const admittedAnonymous: Result.Result<Caller, GatewayError> = Result.succeed(anonymous)

const findTokens = async (
  headers: HeaderReader,
  gateway: GatewaySettings,
  now: number,
  verifier: JwtVerifier,
): Promise<Found> => {
  const holding = new Set<string>()
  let token: GatewayToken | undefined
  let problem: JwtProblem | undefined
  for (const name of credentialHeaders) {
    const credential = parseAuthorization(headers.get(name))
    if (credential === undefined) continue
    const { scheme, secret } = credential
    const find = presentedSecret(secret)
    const own = await find(gateway.tokens)
    if (own !== undefined && now < own.expires) token ??= own
    else if (own !== undefined) problem = "expired"
    else if (isJwt(secret, gateway)) {
      const found = await jwtOf(Redacted.value(secret), gateway, now, verifier)
      if (typeof found === "string") problem ??= found
      else token ??= found
    } else if (await find(gateway.foreignTokens) === undefined) {
      // A token before something else reads as the scheme of it: it does not authenticate, and must not be forwarded.
      if (isKeyScheme(scheme) || !await isToken(scheme, gateway)) continue
    }
    holding.add(name)
  }
  return { token, tokenHeaders: holding, problem }
}

/** Whether a credential is a JSON Web Token of one of the settings' issuers, and so meant for a gateway. */
const isJwt = (secret: Redacted.Redacted<string>, { issuers }: GatewaySettings): boolean => {
  const issuer = issuers.size === 0 ? undefined : statedIssuer(Redacted.value(secret))
  return issuer !== undefined && issuers.has(issuer)
}

/** The gateway token for a JSON Web Token; `undefined` for those of other gateways' issuers. */
const jwtOf = async (
  secret: string,
  gateway: GatewaySettings,
  now: number,
  verifier: JwtVerifier,
): Promise<GatewayToken | JwtProblem | undefined> => {
  const { jwt } = gateway
  if (jwt === undefined || jwt.issuer !== statedIssuer(secret)) return undefined
  return await verifier.verify(secret, jwt, gateway, now)
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

const refusalOf = (problem: JwtProblem): GatewayError =>
  problem === "expired"
    ? gatewayTokenExpired()
    : problem === "unavailable"
    ? issuerUnavailable()
    : jwtRefused(problem)

const admitted = (
  caller: Found,
  headers: HeaderReader,
  gateway: GatewaySettings,
): Result.Result<Caller, GatewayError> => {
  if (caller.token !== undefined) return Result.succeed(caller)
  // Also where none is required: calls without an owner, and without the limits of one, are not what its holder means.
  if (caller.problem !== undefined) return Result.fail(refusalOf(caller.problem))
  return gateway.authentication
    ? Result.fail(gatewayTokenRequired(presenting(headers)))
    : Result.succeed(caller)
}

/** Without a token in the settings, no header can hold one. */
const hasTokens = ({ tokens, foreignTokens, issuers }: GatewaySettings): boolean =>
  tokens.length > 0 || foreignTokens.length > 0 || issuers.size > 0

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
  /** As `layer`; `get` fetches the keys of issuers. */
  static readonly layerWith = (get: FetchKeys): Layer.Layer<GatewayAuth> =>
    Layer.effect(
      GatewayAuth,
      Effect.map(plainClock, ({ wall }) => {
        const verifier = new JwtVerifier(get)
        const find = (headers: HeaderReader, gateway: GatewaySettings) =>
          findTokens(headers, gateway, wall(), verifier)
        return {
          identify: (headers, gateway) => {
            if (hasTokens(gateway)) {
              return find(headers, gateway).then((caller) => admitted(caller, headers, gateway))
            }
            return gateway.authentication ? admitted(anonymous, headers, gateway) : admittedAnonymous
          },
          tokenHeaders: (headers, gateway) =>
            hasTokens(gateway)
              ? find(headers, gateway).then(({ tokenHeaders }) => tokenHeaders)
              : anonymous.tokenHeaders,
        }
      }),
    )

  /**
   * Cloudflare's rule: `cf-aig-authorization`, with or without `Bearer`, else a token in the provider's place. Only a
   * gateway with tokens has to wait for their digests.
   */
  static readonly layer: Layer.Layer<GatewayAuth> = GatewayAuth.layerWith((url, init) => fetch(url, init))
}
