/**
 * Which credential Baseten sees, and which headers cross.
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
import { GatewayError, loop, noCredential } from "../errors.ts"
import { type Credential, parseAuthorization } from "./credential.ts"
import type { Caller } from "./GatewayAuth.ts"
import { nextHop, requestHeaders } from "./request-headers.ts"
import { whyNotTrusted } from "./trust.ts"

/** What is forwarded, and for whom. */
export interface ForwardInput {
  readonly headers: Headers
  readonly hostname: string
  readonly loopback: boolean
  readonly caller: Caller
  readonly gateway: GatewaySettings
  readonly requestId: string
}

/** The request's own key: `Authorization`, else a lone `x-api-key` (the Anthropic SDK's). Gateway tokens are none. */
const ownCredential = (
  { headers, caller }: ForwardInput,
): { credential: Credential; header: string } | undefined => {
  for (const header of ["authorization", "x-api-key"]) {
    if (caller.tokenHeaders.has(header)) continue
    const credential = parseAuthorization(headers.get(header))
    if (credential !== undefined) return { credential, header }
  }
}

/** The `Authorization` for Baseten. A scheme other than Baseten's two is the caller's to answer for. */
const authorization = ({ scheme, secret }: Credential, preferred: GatewaySettings["authScheme"]): string => {
  const known = scheme === "bearer" || scheme === "api-key"
  const name = known ? (preferred === "bearer" ? "Bearer" : "Api-Key") : scheme
  return `${name} ${Redacted.value(secret)}`
}

const storedCredential = (settings: SettingsShape, input: ForwardInput): Credential | GatewayError => {
  if (settings.apiKey === undefined) return noCredential("")
  const why = whyNotTrusted({
    ...input,
    hasToken: input.caller.hasToken,
    open: settings.open,
    corsOrigins: settings.corsOrigins,
  })
  return why === undefined ? { scheme: "bearer", secret: settings.apiKey } : noCredential(why)
}

/** The headers of the request to Baseten, or the reason why there is none. */
export const forwardedHeaders = (settings: SettingsShape, input: ForwardInput): Headers | GatewayError => {
  const hop = nextHop(input.headers)
  if (hop === undefined) return loop()
  const own = ownCredential(input)
  const credential = own?.credential ?? storedCredential(settings, input)
  if (credential instanceof GatewayError) return credential
  const headers = requestHeaders(input.headers, hop, input.requestId)
  for (const name of input.caller.tokenHeaders) headers.delete(name)
  if (own?.header === "x-api-key" || own === undefined) headers.delete("x-api-key")
  headers.set("authorization", authorization(credential, input.gateway.authScheme))
  return headers
}

/** Makes the headers of the request to Baseten; fails with `unauthorized` where there is no key, or with `loop`. */
export class AuthForwarder extends Context.Service<AuthForwarder, {
  readonly forward: (input: ForwardInput) => Effect.Effect<Headers, GatewayError>
}>()("basegate/auth/AuthForwarder") {
  /** The request's own key first, then `BASETEN_API_KEY` for trusted callers. */
  static readonly layer: Layer.Layer<AuthForwarder, never, Settings> = Layer.effect(
    AuthForwarder,
    Effect.map(Settings, (settings) => ({
      forward: (input) => {
        const headers = forwardedHeaders(settings, input)
        return headers instanceof GatewayError ? Effect.fail(headers) : Effect.succeed(headers)
      },
    })),
  )
}
