/**
 * Which credential a provider sees, and which headers are forwarded with it.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { SettingsShape } from "../config/settings-shape.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { type GatewayError, loop, noCredential, unknownKeyAlias } from "../errors.ts"
import { foreignHandshake } from "../errors/socket-errors.ts"
import { tokenOfNoGateway } from "../errors/token-errors.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import { memoizeByName } from "../headers/memoize-name.ts"
import { isForwarded, nextHop, requestHeaders } from "../headers/request-headers.ts"
import { isMadeToken } from "../redaction/token-form.ts"
import { callerCredential, isKeyHeader, keyHeaders } from "./caller-credential.ts"
import type { CredentialSource } from "./credential-identity.ts"
import { type Credential, isKeyScheme, parseAuthorization } from "./credential.ts"
import { denialReason, fromForeignPage, type PolicyInput } from "./stored-key-policy.ts"

/** What is forwarded, and for whom. */
export interface ForwardInput {
  /** The client's headers for this call: the request's, or those of a universal step. */
  readonly headers: HeaderFields
  /** The names of `headers` that hold a gateway token. */
  readonly tokenHeaders: ReadonlySet<string>
  /** The headers of the request itself, which identify the caller. */
  readonly request: HeaderFields
  /** The host name that the client called. */
  readonly hostname: string
  /** Whether the listener is known to be bound to a loopback address. */
  readonly loopback: boolean
  /** Whether the caller sent a valid gateway token. */
  readonly hasToken: boolean
  readonly gateway: GatewaySettings
  /** `baseten` or `custom-{slug}`. */
  readonly provider: string
  /** Which stored key to use if the headers hold no key. */
  readonly keyAlias: string
  /** Whether a key in `headers` is meant for this provider. */
  readonly acceptsCallerKey: boolean
  readonly requestId: string
  /** The host that a WebSocket's handshake was sent to; `undefined` for any other request. */
  readonly handshakeHost?: string | undefined
}

/** The headers for a provider, and whose credential is among them. */
export interface Forwarded {
  readonly headers: HeaderFields
  readonly credential: CredentialSource
}

type ForwardResult = Result.Result<Forwarded, GatewayError>

/** Baseten reads only `Authorization`: in another header a key would leak for nothing. */
const isSentToBaseten = memoizeByName((name) => isForwarded(name) && !isKeyHeader(name))

/** The `Authorization` for Baseten. A scheme other than Baseten's two is the caller's own business. */
const authorization = ({ scheme, secret }: Credential, preferred: GatewaySettings["authScheme"]): string => {
  const name = isKeyScheme(scheme) ? (preferred === "bearer" ? "Bearer" : "Api-Key") : scheme
  return `${name} ${Redacted.value(secret)}`
}

const policyInput = (settings: SettingsShape, input: ForwardInput): PolicyInput => ({
  hasToken: input.hasToken,
  open: settings.open,
  loopback: input.loopback,
  corsOrigins: settings.corsOrigins,
  headers: input.request,
  hostname: input.hostname,
  handshakeHost: input.handshakeHost,
})

const denied = (settings: SettingsShape, input: ForwardInput): string | undefined =>
  denialReason(policyInput(settings, input))

type StoredKey = Result.Result<Redacted.Redacted<string> | undefined, GatewayError>

/** The stored key that a caller may use; `undefined` if the provider has none. */
const storedKey = (settings: SettingsShape, input: ForwardInput): StoredKey => {
  const { gateway, provider, keyAlias } = input
  const keys = gateway.keys.get(provider)
  if (keys === undefined && keyAlias === "default") return Result.succeed(undefined)
  // Check trust before the alias, or error messages would reveal which aliases exist.
  const denial = denied(settings, input)
  if (denial !== undefined) return Result.fail(noCredential(provider, denial))
  const key = keys?.get(keyAlias)
  return key === undefined
    ? Result.fail(unknownKeyAlias(keyAlias, [...keys?.keys() ?? []]))
    : Result.succeed(key)
}

const stored = ({ provider, keyAlias }: ForwardInput): CredentialSource => ({
  kind: "stored",
  provider,
  alias: keyAlias,
})

const toBaseten = (
  settings: SettingsShape,
  input: ForwardInput,
  headers: HeaderFields,
  own: Credential | undefined,
): ForwardResult => {
  const { authScheme } = input.gateway
  if (own !== undefined) {
    if (isMadeToken(own.secret)) return Result.fail(tokenOfNoGateway())
    headers.set("authorization", authorization(own, authScheme))
    return Result.succeed({ headers, credential: { kind: "secret", secret: own.secret } })
  }
  const key = storedKey(settings, input)
  if (Result.isFailure(key)) return Result.fail(key.failure)
  if (key.success === undefined) return Result.fail(noCredential(input.provider, ""))
  headers.set("authorization", authorization({ scheme: "Bearer", secret: key.success }, authScheme))
  return Result.succeed({ headers, credential: stored(input) })
}

/**
 * A custom provider gets the caller's key unchanged, else the stored one, else what its own settings say: it may need no
 * key at all.
 */
const toCustom = (
  settings: SettingsShape,
  input: ForwardInput,
  headers: HeaderFields,
  own: Credential | undefined,
): ForwardResult => {
  // A placeholder is not forwarded either, even beside a real key.
  for (const header of keyHeaders) {
    if (own === undefined || parseAuthorization(headers.get(header)) === undefined) headers.delete(header)
  }
  const key: StoredKey = own === undefined ? storedKey(settings, input) : Result.succeed(undefined)
  if (Result.isFailure(key)) return Result.fail(key.failure)
  const secret = key.success
  if (secret !== undefined) headers.set("authorization", `Bearer ${Redacted.value(secret)}`)
  let spendsStored = secret !== undefined
  for (const { name, value, stored } of input.gateway.customProviders.get(input.provider)?.headers ?? []) {
    const lower = name.toLowerCase()
    if (!isForwarded(lower) || (own !== undefined && isKeyHeader(lower))) continue
    const denial = stored ? denied(settings, input) : undefined
    if (denial === undefined) {
      headers.set(lower, Redacted.value(value))
      spendsStored ||= stored
    } else if (own === undefined) return Result.fail(noCredential(input.provider, denial))
  }
  const credential = own === undefined
    ? spendsStored ? stored(input) : { kind: "none" } as const
    : { kind: "secret", secret: own.secret } as const
  return Result.succeed({ headers, credential })
}

/** The headers of a call to a provider. Fails with `unauthorized`, `unknown_key_alias`, `bad_request` or `loop`. */
export const forwardedHeaders = (settings: SettingsShape, input: ForwardInput): ForwardResult => {
  const { headers: incoming, tokenHeaders, provider } = input
  const hop = nextHop(input.request)
  if (hop === undefined) return Result.fail(loop())
  const credential = callerCredential(incoming, tokenHeaders)
  if (Result.isFailure(credential)) return Result.fail(credential.failure)
  const own = input.acceptsCallerKey ? credential.success : undefined
  const isHandshake = input.handshakeHost !== undefined
  if (isHandshake && own === undefined && fromForeignPage(policyInput(settings, input))) {
    return Result.fail(foreignHandshake())
  }
  const isSent = provider === "baseten" ? isSentToBaseten : isForwarded
  const headers = requestHeaders(incoming, hop, input.requestId, isSent)
  for (const name of tokenHeaders) headers.delete(name)
  return provider === "baseten"
    ? toBaseten(settings, input, headers, own)
    : toCustom(settings, input, headers, own)
}
