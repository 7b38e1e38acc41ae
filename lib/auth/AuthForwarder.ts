/**
 * Which credential a provider sees, and which headers cross.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Settings } from "../config/Settings.ts"
import type { SettingsShape } from "../config/environment.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { GatewayError, loop, noCredential, severalCredentials, unknownKeyAlias } from "../errors.ts"
import type { CredentialSource } from "./credential-identity.ts"
import { type Credential, isKeyScheme, parseAuthorization } from "./credential.ts"
import { isForwarded, nextHop, requestHeaders } from "../headers/request-headers.ts"
import { denialReason } from "./stored-key-policy.ts"

/** What is forwarded, and for whom. */
export interface ForwardInput {
  /** The client's headers for this call: the request's, or those of a universal step. */
  readonly headers: Headers
  /** Those of `headers` that hold a gateway token. */
  readonly tokenHeaders: ReadonlySet<string>
  /** The headers of the request itself, which say who asks. */
  readonly request: Headers
  readonly hostname: string
  readonly loopback: boolean
  /** Whether the caller showed a valid gateway token. */
  readonly hasToken: boolean
  readonly gateway: GatewaySettings
  /** `baseten` or `custom-{slug}`. */
  readonly provider: string
  /** Which stored key is used where the headers hold none. */
  readonly keyAlias: string
  /** Whether a key in `headers` is meant for this provider. */
  readonly takesOwnKey: boolean
  readonly requestId: string
}

/** The headers for a provider, and whose credential is among them. */
export interface Forwarded {
  readonly headers: Headers
  readonly credential: CredentialSource
}

/** The headers that clients put a key in. */
const keyHeaders = ["authorization", "x-api-key", "api-key"] as const

/** The caller's own key: `Authorization`, else a lone `x-api-key` (the Anthropic SDK's). Gateway tokens are none. */
const ownCredential = (
  { headers, tokenHeaders, takesOwnKey }: ForwardInput,
): Credential | GatewayError | undefined => {
  let own: Credential | undefined
  for (const header of keyHeaders) {
    if (tokenHeaders.has(header)) continue
    const credential = parseAuthorization(headers.get(header))
    if (credential === undefined) continue
    if (isSeveral(credential)) return severalCredentials()
    own ??= credential
  }
  return takesOwnKey ? own : undefined
}

/** The `Authorization` for Baseten. A scheme other than Baseten's two is the caller's to answer for. */
const authorization = ({ scheme, secret }: Credential, preferred: GatewaySettings["authScheme"]): string => {
  const name = isKeyScheme(scheme) ? (preferred === "bearer" ? "Bearer" : "Api-Key") : scheme
  return `${name} ${Redacted.value(secret)}`
}

/**
 * One credential of several parts, as Digest has it (RFC 9110 §11.4). A value is never empty: else a blank after `=`
 * could be read in two ways, and many of them in 2ⁿ.
 */
const parameters = /^(?:[\w!#$%&'*+.^`|~-]+\s*=\s*(?:"[^"]*"|[^\s",]+)\s*(?:,\s*|$))+$/

/** Two `Authorization` lines arrive as one value: which of the keys is meant, and whether one is a token, is not known. */
const isSeveral = ({ scheme, secret }: Credential): boolean => {
  const text = Redacted.value(secret)
  if (scheme.includes(",")) return true
  return /[\s,]/.test(text) && (isKeyScheme(scheme) || !parameters.test(text))
}

const distrust = (settings: SettingsShape, input: ForwardInput): string | undefined =>
  denialReason({ ...input, headers: input.request, open: settings.open, corsOrigins: settings.corsOrigins })

/** The stored key that a caller may use; nothing where the provider has none. */
const storedKey = (
  settings: SettingsShape,
  input: ForwardInput,
): Redacted.Redacted<string> | GatewayError | undefined => {
  const { gateway, provider, keyAlias } = input
  const keys = gateway.keys.get(provider)
  if (keys === undefined && keyAlias === "default") return undefined
  // First of all: a stranger is not told which aliases there are.
  const why = distrust(settings, input)
  if (why !== undefined) return noCredential(provider, why)
  return keys?.get(keyAlias) ?? unknownKeyAlias(keyAlias, [...keys?.keys() ?? []])
}

const stored = ({ provider, keyAlias }: ForwardInput): CredentialSource => ({
  kind: "stored",
  provider,
  alias: keyAlias,
})

const toBaseten = (
  settings: SettingsShape,
  input: ForwardInput,
  headers: Headers,
  own: Credential | undefined,
): Forwarded | GatewayError => {
  const { authScheme } = input.gateway
  // Baseten reads `Authorization` alone: elsewhere a key would only be somebody's secret in the wrong place.
  for (const header of keyHeaders) headers.delete(header)
  if (own !== undefined) {
    headers.set("authorization", authorization(own, authScheme))
    return { headers, credential: { kind: "secret", secret: own.secret } }
  }
  const secret = storedKey(settings, input) ?? noCredential(input.provider, "")
  if (secret instanceof GatewayError) return secret
  headers.set("authorization", authorization({ scheme: "Bearer", secret }, authScheme))
  return { headers, credential: stored(input) }
}

/**
 * A custom provider gets the caller's key as it was sent, else the stored one, else what its own settings say:
 * it may need no key at all.
 */
const toCustom = (
  settings: SettingsShape,
  input: ForwardInput,
  headers: Headers,
  own: Credential | undefined,
): Forwarded | GatewayError => {
  // A placeholder beside a key is nobody's business either.
  for (const header of keyHeaders) {
    if (own === undefined || parseAuthorization(headers.get(header)) === undefined) headers.delete(header)
  }
  const secret = own === undefined ? storedKey(settings, input) : undefined
  if (secret instanceof GatewayError) return secret
  if (secret !== undefined) headers.set("authorization", `Bearer ${Redacted.value(secret)}`)
  let spends = secret !== undefined
  for (const { name, value, stored } of input.gateway.customProviders.get(input.provider)?.headers ?? []) {
    const lower = name.toLowerCase()
    if (!isForwarded(lower) || (own !== undefined && keyHeaders.some((header) => header === lower))) continue
    const why = stored ? distrust(settings, input) : undefined
    if (why === undefined) {
      headers.set(name, Redacted.value(value))
      spends ||= stored
    } else if (own === undefined) return noCredential(input.provider, why)
  }
  const credential = own === undefined
    ? spends ? stored(input) : { kind: "none" } as const
    : { kind: "secret", secret: own.secret } as const
  return { headers, credential }
}

/** The headers of a call to a provider, or the reason why there are none. */
export const forwardedHeaders = (
  settings: SettingsShape,
  input: ForwardInput,
): Forwarded | GatewayError => {
  const hop = nextHop(input.request)
  if (hop === undefined) return loop()
  const own = ownCredential(input)
  if (own instanceof GatewayError) return own
  const headers = requestHeaders(input.headers, hop, input.requestId)
  for (const name of input.tokenHeaders) headers.delete(name)
  return input.provider === "baseten"
    ? toBaseten(settings, input, headers, own)
    : toCustom(settings, input, headers, own)
}

/** What `AuthForwarder` does. */
export interface AuthForwarderShape {
  readonly forward: (input: ForwardInput) => Effect.Effect<Forwarded, GatewayError>
}

const AuthForwarderKey: Context.ServiceClass<
  AuthForwarder,
  "basegate/auth/AuthForwarder",
  AuthForwarderShape
> = Context.Service<AuthForwarder, AuthForwarderShape>()("basegate/auth/AuthForwarder")

/**
 * Makes the headers of a call to a provider.
 *
 * Fails with `unauthorized` where there is no key that may be used, with `unknown_key_alias`, or with `loop`.
 */
export class AuthForwarder extends AuthForwarderKey {
  /** Cloudflare's order: the caller's own key, then, for trusted callers, the stored one. */
  static readonly layer: Layer.Layer<AuthForwarder, never, Settings> = Layer.effect(
    AuthForwarder,
    Effect.map(Settings, (settings) => ({
      forward: (input) => {
        const forwarded = forwardedHeaders(settings, input)
        return forwarded instanceof GatewayError ? Effect.fail(forwarded) : Effect.succeed(forwarded)
      },
    })),
  )
}
