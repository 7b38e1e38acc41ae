/**
 * Dynamic routes as the management API shows them, in Cloudflare's shapes.
 *
 * @module
 */
import type {
  RouteDeployment,
  RouteVersion,
  WrittenGateway,
  WrittenRoute,
} from "../../settings-store/document.ts"

/** The deployed version. */
export const deployedVersion = (
  { versions, deployments: [deployment] }: WrittenRoute,
): RouteVersion | undefined => versions.find(({ version_id }) => version_id === deployment?.version_id)

/** A deployment. */
export const deploymentJson = ({ deployment_id, version_id, created_at, comment }: RouteDeployment) => ({
  deployment_id,
  version_id,
  created_at,
  comment,
})

/** A version; `active` is text, as at Cloudflare. */
export const versionJson = (
  route: WrittenRoute,
  { version_id, created_at, elements, comment }: RouteVersion,
) => ({
  version_id,
  created_at,
  active: deployedVersion(route)?.version_id === version_id ? "true" : "false",
  data: JSON.stringify(elements),
  // Only valid routes are accepted.
  is_valid: true,
  comment,
})

const own = ({ account, id: gateway_id }: Pick<WrittenGateway, "account" | "id">, route: WrittenRoute) => ({
  id: route.id,
  account_tag: account,
  gateway_id,
  name: route.name,
  created_at: route.created_at,
  modified_at: route.modified_at,
})

/** A route with its deployed version. */
export const routeJson = (gateway: Pick<WrittenGateway, "account" | "id">, route: WrittenRoute) => {
  const version = deployedVersion(route)
  const [deployment] = route.deployments
  return {
    ...own(gateway, route),
    elements: version?.elements ?? [],
    deployment: deployment === undefined ? null : deploymentJson(deployment),
    version: version === undefined ? null : versionJson(route, version),
  }
}

/** A route with one of its versions. */
export const routeVersionJson = (
  gateway: Pick<WrittenGateway, "account" | "id">,
  route: WrittenRoute,
  version: RouteVersion,
) => ({
  ...own(gateway, route),
  ...versionJson(route, version),
  elements: version.elements,
})
