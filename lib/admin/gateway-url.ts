/**
 * The base URL for a gateway's clients.
 *
 * @module
 */
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { adminNotFound } from "../errors/admin-errors.ts"
import type { GatewayError } from "../errors.ts"
import { gatewayPath } from "../route/paths.ts"
import type { RequestUrl } from "../route/request-url.ts"

/** The scheme that the client used, as proxies report it (RFC 7239 §5.4, and the older header): the first one. */
const forwardedScheme = (headers: Headers): string | undefined => {
  const [first = ""] = (headers.get("forwarded") ?? "").split(",", 1)
  const [, told] = /(?:^|;)\s*proto\s*=\s*"?([a-z]+)/i.exec(first) ?? []
  return (told ?? headers.get("x-forwarded-proto")?.split(",", 1)[0]?.trim())?.toLowerCase()
}

/**
 * The origin under which the client called the gateway, whose TLS a proxy may have terminated. A caller can forge it,
 * but only its own answer shows the URL, and nothing else depends on it.
 */
export const calledOrigin = ({ protocol, host }: RequestUrl, headers: Headers): string =>
  `${forwardedScheme(headers) === "https" ? "https:" : protocol}//${host}`

/**
 * The base URL for a provider, like that of the Workers binding's `getUrl`: without a trailing slash, except for
 * `universal`.
 *
 * @param origin where the gateway was called
 */
export const gatewayUrl = (
  origin: string,
  place: { readonly account: string; readonly gateway: string; readonly item: string },
  settings: GatewaySettings,
): string | GatewayError => {
  const { item: provider } = place
  const base = `${origin}${gatewayPath(place)}/`
  if (provider === "universal") return base
  const known = ["baseten", "compat", ...settings.customProviders.keys()]
  return known.includes(provider)
    ? `${base}${provider}`
    : adminNotFound(`This gateway has no provider ${provider}; it has ${known.join(", ")} and universal.`)
}
