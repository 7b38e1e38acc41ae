/**
 * The written document as entries of a settings file.
 *
 * @module
 */
import { type JsonObject, objectOf } from "../json/parse.ts"
import type {
  WrittenDocument,
  WrittenGateway,
  WrittenKey,
  WrittenProvider,
  WrittenToken,
} from "./document.ts"

/** A record whose keys may have any name, `__proto__` included. */
const recordOf = <Value>(members: ReadonlyArray<readonly [string, Value]>): Readonly<Record<string, Value>> =>
  Object.fromEntries(members)

/** A token's setting: one for each of its values, all under its name. */
const tokenEntries = ({ name, options, values }: WrittenToken): ReadonlyArray<JsonObject> =>
  values.map(({ token, until }) => {
    const { expires } = options
    const ends = [until, expires].filter((date) => typeof date === "string")
    ends.sort((one, other) => Date.parse(one) - Date.parse(other))
    return { ...options, name, token, ...(ends[0] !== undefined && { expires: ends[0] }) }
  })

/** References by provider and alias. A default key is there under `default` as well, unless another has that name. */
const keyEntries = (keys: ReadonlyArray<WrittenKey>): JsonObject => {
  const providers = new Map<string, Map<string, string>>()
  const aliasesOf = (provider: string): Map<string, string> => {
    const aliases = providers.get(provider) ?? new Map<string, string>()
    providers.set(provider, aliases)
    return aliases
  }
  for (const { provider, alias, secret } of keys) aliasesOf(provider).set(alias, secret)
  for (const { provider, isDefault, secret } of keys) {
    if (isDefault) aliasesOf(provider).set("default", secret)
  }
  return recordOf([...providers].map(([provider, aliases]) => [provider, recordOf([...aliases])]))
}

/** Custom providers by slug. */
const providerEntries = (providers: ReadonlyArray<WrittenProvider>): JsonObject =>
  recordOf(providers.filter(({ enable }) => enable).map(({ slug, settings }) => [slug, settings]))

/** One gateway's entry, with the custom providers of its account below its own. */
const gatewayEntry = (
  { settings, tokens, routes, keys }: WrittenGateway,
  providers: ReadonlyArray<WrittenProvider>,
): JsonObject => {
  const deployed = routes.flatMap(({ name, versions, deployments: [deployment] }) => {
    const version = versions.find(({ version_id }) => version_id === deployment?.version_id)
    return version === undefined ? [] : [[name, { elements: version.elements }] as const]
  })
  const custom = { ...providerEntries(providers), ...objectOf(settings["custom_providers"]) }
  return {
    ...settings,
    ...(tokens.length > 0 && { tokens: tokens.flatMap(tokenEntries) }),
    ...(deployed.length > 0 && { routes: recordOf(deployed) }),
    ...(keys.length > 0 && { provider_keys: keyEntries(keys) }),
    ...(Object.keys(custom).length > 0 && { custom_providers: custom }),
  }
}

/** All gateways by `{account}/{gateway}`. */
export const entriesOf = ({ gateways, providers }: WrittenDocument): Readonly<Record<string, JsonObject>> =>
  recordOf(gateways.map((gateway) => [
    `${gateway.account}/${gateway.id}`,
    gatewayEntry(gateway, providers.filter(({ account }) => account === gateway.account)),
  ]))
