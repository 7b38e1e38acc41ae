/**
 * Every secret that the operator has given the gateway.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { type Secrets, secretsIn, secretsOf } from "../redaction/secrets.ts"
import type { GatewaySettings } from "./gateway-settings.ts"
import { secretsOfDestinations } from "./otel-destinations.ts"
import type { OtelSettings } from "./otel-settings.ts"

/**
 * Operators write plain headers too, such as a version or a media type. A secret is known by the name of its header, or
 * because it does not look like a word.
 */
export const looksLikeSecret = (name: string, value: string): boolean =>
  /auth|cookie|key|passw|secret|token/i.test(name) ||
  (value.length >= 16 && /\d/.test(value) && /[a-z]/i.test(value))

/**
 * Tokens of all gateways, keys, what signs alerts, the admin token, and secrets in headers for custom providers and for collectors.
 *
 * @param others secrets that belong to no gateway
 */
export const operatorSecrets = (
  gateways: Iterable<GatewaySettings>,
  otel: OtelSettings | undefined,
  others: ReadonlyArray<Redacted.Redacted<string> | undefined>,
): Secrets => {
  const all = [...gateways]
  const headersOfProviders = all.flatMap(({ customProviders }) => [...customProviders.values()])
    .flatMap(({ headers }) => headers)
    .filter(({ name, value, stored }) => stored || looksLikeSecret(name, Redacted.value(value)))
  const ofGateways = all.flatMap(({ otel }) => secretsOfDestinations(otel))
    .filter(([name, value]) => looksLikeSecret(name, value)).map(([, value]) => Redacted.make(value))
  const headersOfCollectors = [otel?.traces, otel?.metrics, otel?.logs]
    .flatMap((endpoint) => endpoint?.headers ?? [])
    .filter(([name, value]) => looksLikeSecret(name, Redacted.value(value)))
  const secrets = [
    ...others.filter((secret) => secret !== undefined),
    ...all.flatMap(({ tokens }) => tokens.flatMap(({ secret }) => secret ?? [])),
    ...all.flatMap(({ keys }) => [...keys.values()].flatMap((aliases) => [...aliases.values()])),
    ...all.flatMap(({ alerts }) => alerts.flatMap(({ secret }) => secret ?? [])),
    ...ofGateways,
    ...headersOfProviders.map(({ value }) => value),
    ...headersOfCollectors.map(([, value]) => value),
  ]
  return secretsOf(secrets.flatMap((secret) => secretsIn(Redacted.value(secret))))
}
