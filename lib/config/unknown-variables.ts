/**
 * Finds variables that look like the gateway's but are not: a misspelt one must not seem to work.
 *
 * @module
 */
import type { SettingsProblem } from "./declaration.ts"
import type { Environment } from "./environment.ts"
import { nearestName } from "../schema/nearest-name.ts"

/** The prefixes of the gateway's variables. */
const ours = /^(?:basegate|baseten)_/i

/** A binding that only one of the Workers has a use for; what that one reads does not have it. */
const objects = "BASEGATE_OBJECTS"

/** Set by `npm run start:workers` for its Worker. */
const internal = "BASEGATE_ON_LOOPBACK"

/**
 * What Kubernetes and Docker set in every container beside a service of the name `basegate` (or `baseten-…`): "Accessing
 * the Service", environment variables; Docker's links.
 */
const isOfService = (name: string, value: unknown): boolean =>
  /_SERVICE_(?:HOST|PORT(?:_\w+)?)$/.test(name) ||
  /_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?$/.test(name) ||
  (name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(String(value)))

/** The variables that settings refer to, whatever their names. */
const referred = (document: unknown): ReadonlySet<string> => {
  const text = JSON.stringify(document) ?? ""
  return new Set([...text.matchAll(/"env:(\w+)"/g)].map(([, name = ""]) => name))
}

/**
 * A problem for each variable that is not known, with the nearest of those that are.
 *
 * @param known the names of all variables
 * @param document the declared settings
 */
export const unknownVariables = (
  environment: Environment,
  known: ReadonlyArray<string>,
  document: unknown,
): ReadonlyArray<SettingsProblem> => {
  const strange = Object.keys(environment).filter((name) =>
    ours.test(name) && name !== internal && !known.includes(name) && environment[name] !== undefined &&
    environment[name] !== "" && !isOfService(name, environment[name])
  )
  if (strange.length === 0) return []
  const named = referred(document)
  return strange.filter((name) => !named.has(name)).map((name) => {
    if (name === objects) {
      const message =
        "expected a binding to the Durable Objects' class BasegateObject, which only the Worker of " +
        "dist/cloudflare.js has; elsewhere no such variable"
      return { source: name, position: undefined, path: [], message }
    }
    const nearest = nearestName(name, [...known, objects])
    const message = `unknown variable${nearest === undefined ? "" : `; perhaps ${nearest} was meant`}`
    return { source: name, position: undefined, path: [], message }
  })
}
