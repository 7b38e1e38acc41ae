/**
 * Gateways as shown by the management API, declared or written.
 *
 * @module
 */
import type { SettingsControlShape } from "../../config/SettingsControl.ts"
import type { SettingsShape } from "../../config/settings-shape.ts"
import { type JsonObject, objectOf } from "../../json/parse.ts"
import { findGateway, type WrittenDocument, type WrittenGateway } from "../../settings-store/document.ts"
import { gatewayJson } from "../gateway-json.ts"
import { shownHeaders } from "./references.ts"
import { shownCollectors, shownWebhooks } from "./sealed-lists.ts"

type Sealed = Pick<WrittenDocument, "secrets">

/** Written settings, with masked secrets. */
const shownSettings = (settings: JsonObject, document: Sealed): JsonObject => {
  const { custom_providers: providers, ...others } = settings
  const { alerts, otel } = others
  const rest = {
    ...others,
    ...(alerts !== undefined && { alerts: shownWebhooks(alerts, document) }),
    ...(otel !== undefined && { otel: shownCollectors(otel, document) }),
  }
  if (providers === undefined) return rest
  const shown = Object.entries(objectOf(providers)).map(([slug, provider]) => {
    const { headers, ...others } = objectOf(provider)
    return [slug, {
      ...others,
      ...(headers !== undefined && { headers: shownHeaders(objectOf(headers), document) }),
    }] as const
  })
  return { ...rest, custom_providers: Object.fromEntries(shown) }
}

/** A written gateway for the audit, without defaults. */
export const writtenJson = (
  { id, created_at, modified_at, settings, noted, tokens, routes, keys }: WrittenGateway,
  document: Sealed,
): JsonObject => ({
  id,
  created_at,
  modified_at,
  ...noted,
  ...shownSettings(settings, document),
  tokens: tokens.map(({ name }) => name),
  routes: routes.map(({ name }) => name),
  provider_configs: keys.map(({ provider, alias }) => `${provider}/${alias}`),
})

/** A gateway and the version for its `ETag`; `undefined` if there is none. */
export interface ShownGateway {
  readonly json: JsonObject
  readonly version: number | string
}

/** A gateway: its settings with every default, and, for a written one, its times. */
export const shownGateway = (
  settings: SettingsShape,
  control: SettingsControlShape,
  document: WrittenDocument,
  account: string,
  id: string,
): ShownGateway | undefined => {
  const gateway = settings.gateway(account, id)
  if (gateway === undefined) return undefined
  const json = gatewayJson(id, gateway)
  const isDeclared = control.declaredAt(account, id) !== undefined
  const written = isDeclared ? undefined : findGateway(document, account, id)
  if (written === undefined) return { json, version: `declared-${control.state().version}` }
  const { custom_providers, cache_ttl: _, circuit_breaker: __, rate_limits: ___, ...asWritten } =
    shownSettings(
      written.settings,
      document,
    )
  return {
    json: {
      ...json,
      ...written.noted,
      // Clients compare what they wrote with what is shown, and distinguish 0 from null.
      ...asWritten,
      custom_providers: { ...objectOf(json.custom_providers), ...objectOf(custom_providers) },
      created_at: written.created_at,
      modified_at: written.modified_at,
    },
    version: written.version,
  }
}
