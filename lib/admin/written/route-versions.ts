/**
 * Versions of a dynamic route, and their deployments.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { envelope } from "../envelope.ts"
import { bare, pageOf, showing } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { editMember, memberOf, placed } from "./edit-member.ts"
import { openMembers } from "./body-members.ts"
import { elementsProblem, withDeployment, withVersion } from "./route-elements.ts"
import { deployedVersion, deploymentJson, routeJson, routeVersionJson, versionJson } from "./route-json.ts"
import { routes } from "./routes.ts"

const noVersion = (id: string): GatewayError =>
  adminNotFound(`This route has no version with the id ${id}. GET …/versions lists those it has.`)

const order = { order_by: "created_at", order_by_direction: "desc" }

/** Lists the versions of a route, the newest first. */
export const listVersions = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.flatMap(
    memberOf(routes, context),
    (route) =>
      Result.map(pageOf(context.search, route.versions), ({ items, page, perPage, total }) =>
        bare({
          data: {
            versions: items.map((version) => versionJson(route, version)),
            page,
            per_page: perPage,
            total_count: total,
            ...order,
          },
        })),
  )

/** Shows a version of a route. */
export const showVersion = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.flatMap(memberOf(routes, context), (route) => {
    const { part } = context.route
    const version = route.versions.find(({ version_id }) => version_id === part)
    return version === undefined
      ? Result.fail(noVersion(part))
      : Result.succeed(showing(routeVersionJson(placed(context), route, version), route))
  })

/** Creates a version, which takes effect once it is deployed. */
export const createVersion = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("elements", "a list of elements")
  const elements = members.list("elements") ?? []
  const comment = members.text("comment", 1000) ?? null
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const version_id = crypto.randomUUID()
  return await editMember(
    routes,
    context,
    "draft",
    (route, _, { now }) => {
      const issue = elementsProblem(route.name, elements)
      return issue === undefined
        ? Result.succeed(withVersion(route, { version_id, created_at: now, elements, comment }))
        : Result.fail(adminBadRequest(`${issue}.`))
    },
    (route, gateway) => {
      const [version] = route.versions
      return version === undefined
        ? envelope(null)
        : showing(routeVersionJson(gateway, route, version), route)
    },
  )
}

/** Lists the deployments of a route, the newest first. */
export const listDeployments = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.flatMap(
    memberOf(routes, context),
    (route) =>
      Result.map(pageOf(context.search, route.deployments), ({ items, page, perPage, total }) =>
        bare({
          data: {
            deployments: items.map(deploymentJson),
            page,
            per_page: perPage,
            total_count: total,
            ...order,
          },
        })),
  )

/** Deploys a version: a newer one, or an older one to roll back. */
export const deploy = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("version_id", "the id of one of the route's versions")
  const version_id = members.text("version_id", 64) ?? ""
  const comment = members.text("comment", 1000) ?? null
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const deployment_id = crypto.randomUUID()
  return await editMember(
    routes,
    context,
    "deploy",
    (route, _, { now }) =>
      route.versions.some((version) => version.version_id === version_id)
        ? Result.succeed(withDeployment(route, { deployment_id, version_id, created_at: now, comment }))
        : Result.fail(noVersion(version_id.slice(0, 64))),
    (route, gateway) => {
      const version = deployedVersion(route)
      return showing({ ...routeJson(gateway, route), deployment_id, version_id: version?.version_id }, route)
    },
  )
}
