/**
 * Names and elements of dynamic routes that are written.
 *
 * @module
 */
import * as Result from "effect/Result"
import { DynamicRoutes } from "../../config/dynamic-routes.ts"
import { decodeStrictly } from "../../schema/decode-strictly.ts"
import type { WrittenRoute } from "../../settings-store/document.ts"

const decode = decodeStrictly(DynamicRoutes)

/** The most versions and deployments of a route that are kept. */
const mostVersions = 50
const mostDeployments = 100

/** What is wrong with a route's name; `undefined` if it is valid. */
export const routeNameProblem = (name: string): string | undefined =>
  // Objects cannot have this name as an ordinary key.
  /^[\w-]{1,64}$/.test(name) && name !== "__proto__"
    ? undefined
    : "name: expected 1 to 64 letters, digits, dashes and underscores"

/** What is wrong with a route's elements; `undefined` if they are valid. */
export const elementsProblem = (name: string, elements: unknown): string | undefined => {
  if (!Array.isArray(elements)) return "elements: expected a list of elements"
  const decoded = decode({ [name]: elements })
  if (Result.isSuccess(decoded)) return undefined
  const [problem] = decoded.failure
  const [, ...place] = problem?.path ?? []
  const unknown = problem?.meant === undefined
    ? "unknown member"
    : `unknown member; perhaps ${problem.meant} was meant`
  return `${["elements", ...place].join(".")}: ${problem?.expected ?? unknown}`
}

/**
 * The route with a further version, which is not deployed yet. If there are too many, the oldest one that is not
 * deployed is dropped.
 */
export const withVersion = (
  route: WrittenRoute,
  version: WrittenRoute["versions"][number],
): WrittenRoute => {
  const [holding] = route.deployments
  const versions = [version, ...route.versions]
  const kept = versions.filter((one, at) => at < mostVersions || one.version_id === holding?.version_id)
  return { ...route, versions: kept }
}

/** The route with a version deployed. */
export const withDeployment = (
  route: WrittenRoute,
  deployment: WrittenRoute["deployments"][number],
): WrittenRoute => ({ ...route, deployments: [deployment, ...route.deployments].slice(0, mostDeployments) })

/** A new route, with its first version deployed. */
export const newRoute = (
  name: string,
  elements: ReadonlyArray<unknown>,
  { now, version }: { readonly now: string; readonly version: number },
): WrittenRoute => {
  const version_id = crypto.randomUUID()
  return {
    id: crypto.randomUUID(),
    name,
    version,
    created_at: now,
    modified_at: now,
    versions: [{ version_id, created_at: now, elements, comment: null }],
    deployments: [{ deployment_id: crypto.randomUUID(), version_id, created_at: now, comment: null }],
  }
}
