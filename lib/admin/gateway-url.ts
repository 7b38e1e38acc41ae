/**
 * Where a gateway's clients send their calls.
 *
 * @module
 */
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { adminNotFound } from "../admin-errors.ts"
import type { GatewayError } from "../errors.ts"

/**
 * The base URL for a provider, as the Workers binding's `getUrl` gives it: without a slash at its end, but for
 * `universal`. It begins as the request for it did.
 */
export const gatewayUrl = (
  origin: string,
  place: { readonly account: string; readonly gateway: string; readonly item: string },
  settings: GatewaySettings,
): string | GatewayError => {
  const { account, gateway, item: provider } = place
  const base = `${origin}/v1/${account}/${gateway}/`
  if (provider === "universal") return base
  const known = ["baseten", "compat", ...settings.customProviders.keys()]
  return known.includes(provider)
    ? `${base}${provider}`
    : adminNotFound(`This gateway has no provider ${provider}; it has ${known.join(", ")} and universal.`)
}
