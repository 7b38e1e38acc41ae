/**
 * Dynamic routes of a written gateway, with their versions and deployments.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { Editing } from "../../settings-store/change.ts"
import {
  findGateway,
  withGateway,
  withItem,
  type WrittenGateway,
  type WrittenRoute,
} from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { bare, pageOf, showing, tagged, unlessChanged } from "./answers.ts"
import { gatewayToChange, type Handled, type WriteContext } from "./context.ts"
import { openMembers } from "./members.ts"
import { elementsProblem, newRoute, routeNameProblem, withDeployment, withVersion } from "./route-elements.ts"
import { deployedVersion, deploymentJson, routeJson, routeVersionJson, versionJson } from "./route-json.ts"

const kind = "route" as const

const noRoute = (id: string): GatewayError =>
  adminNotFound(`This gateway has no dynamic route with the id ${id} that was written through the API.`)
const noVersion = (id: string): GatewayError => adminNotFound(`This route has no version with the id ${id}.`)

const placeOf = ({ route: { account, gateway }, author }: WriteContext) => ({
  kind,
  author,
  account,
  gateway,
})

const withRoute = (
  { document }: Editing,
  gateway: WrittenGateway,
  id: string,
  route: WrittenRoute | undefined,
) =>
  withGateway(document, gateway.account, gateway.id, {
    ...gateway,
    routes: withItem(gateway.routes, id, route),
  })

/** The written routes of the request's gateway. */
const routesOf = ({ document, route: { account, gateway } }: WriteContext): ReadonlyArray<WrittenRoute> =>
  findGateway(document, account, gateway)?.routes ?? []

const placed = ({ route: { account, gateway } }: WriteContext) => ({ account, id: gateway })

const order = { order_by: "created_at", order_by_direction: "asc" }

/** Lists the routes. */
export const listRoutes = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.map(
    pageOf(context.search, routesOf(context)),
    ({ items, page, perPage, total }) => {
      const routes = items.map((route) => routeJson(placed(context), route))
      return bare({ data: { routes, page, per_page: perPage, total_count: total, ...order } })
    },
  )

const nameTaken = ({ routes }: WrittenGateway, name: string, id?: string): GatewayError | undefined =>
  routes.some((route) => route.name === name && route.id !== id)
    ? adminConflict(`There is a dynamic route "${name}" already. Choose another name.`)
    : undefined

/** Makes a route, whose first version holds at once. */
export const createRoute = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("name", "the name by which the model dynamic/{name} calls the route")
  const name = members.text("name", 64) ?? ""
  const elements = members.list("elements") ?? []
  members.require("elements", "a list of elements")
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const issue = routeNameProblem(name) ?? elementsProblem(name, elements)
  if (issue !== undefined) return Result.fail(adminBadRequest(`${issue}.`))
  return await context.written.change({
    ...placeOf(context),
    edit: (editing) => {
      const found = gatewayToChange(context, editing.document)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const taken = nameTaken(found.success, name)
      if (taken !== undefined) return Result.fail(taken)
      const route = newRoute(name, elements, editing)
      const shown = routeJson(found.success, route)
      return Result.succeed({
        document: withRoute(editing, found.success, route.id, route),
        action: "create",
        id: route.id,
        before: null,
        after: shown,
        answer: () => showing(shown, route),
      })
    },
  })
}

/** Changes the route of a request, or takes it out. */
const editRoute = (
  context: WriteContext,
  action: string,
  edit: (route: WrittenRoute, editing: Editing, gateway: WrittenGateway) => Result.Result<
    WrittenRoute | undefined,
    GatewayError
  >,
  answer: (route: WrittenRoute, gateway: WrittenGateway) => Response,
): Handled => {
  const { item: id } = context.route
  return context.written.change({
    ...placeOf(context),
    edit: (editing) => {
      const found = gatewayToChange(context, editing.document)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const gateway = found.success
      const before = gateway.routes.find((route) => route.id === id)
      if (before === undefined) return Result.fail(noRoute(id))
      const changed = unlessChanged(context.ifMatch, before, () => routeJson(gateway, before))
      if (changed !== undefined) return Result.succeed(changed)
      return Result.map(edit(before, editing, gateway), (edited) => {
        const route = edited && { ...edited, version: editing.version, modified_at: editing.now }
        return {
          document: withRoute(editing, gateway, id, route),
          action,
          id,
          before: routeJson(gateway, before),
          after: route === undefined ? null : routeJson(gateway, route),
          answer: () => answer(route ?? before, gateway),
        }
      })
    },
  })
}

const showRouteOf = (
  context: WriteContext,
  show: (route: WrittenRoute) => Result.Result<Response, GatewayError>,
) => {
  const { item } = context.route
  const route = routesOf(context).find(({ id }) => id === item)
  return route === undefined ? Result.fail(noRoute(item)) : show(route)
}

/** Shows a route with the version that holds. */
export const showRoute = (context: WriteContext): Result.Result<Response, GatewayError> =>
  showRouteOf(context, (route) => Result.succeed(showing(routeJson(placed(context), route), route)))

/** Renames a route. Its answer stands in `route`, as Cloudflare has it, and in `result` too. */
export const renameRoute = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("name", "the route's new name")
  const name = members.text("name", 64) ?? ""
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const issue = routeNameProblem(name)
  if (issue !== undefined) return Result.fail(adminBadRequest(`${issue}.`))
  return await editRoute(
    context,
    "update",
    (route, _, gateway) => {
      const taken = nameTaken(gateway, name, route.id)
      return taken === undefined ? Result.succeed({ ...route, name }) : Result.fail(taken)
    },
    (route, gateway) => {
      const shown = routeJson(gateway, route)
      return tagged(bare({ route: shown, result: shown }), route.version)
    },
  )
}

/** Deletes a route with its history. */
export const deleteRoute = (context: WriteContext): Handled =>
  editRoute(
    context,
    "delete",
    () => Result.succeed(undefined),
    (route, gateway) => envelope(routeJson(gateway, route)),
  )

/** Lists the versions of a route, the newest first. */
export const listVersions = (context: WriteContext): Result.Result<Response, GatewayError> =>
  showRouteOf(
    context,
    (route) =>
      Result.map(pageOf(context.search, route.versions), ({ items, page, perPage, total }) =>
        bare({
          data: {
            versions: items.map((version) => versionJson(route, version)),
            page,
            per_page: perPage,
            total_count: total,
            ...order,
            order_by_direction: "desc",
          },
        })),
  )

/** Shows a version of a route. */
export const showVersion = (context: WriteContext): Result.Result<Response, GatewayError> =>
  showRouteOf(context, (route) => {
    const { part } = context.route
    const version = route.versions.find(({ version_id }) => version_id === part)
    return version === undefined
      ? Result.fail(noVersion(part))
      : Result.succeed(showing(routeVersionJson(placed(context), route, version), route))
  })

/** Drafts a version, which holds once it is deployed. */
export const createVersion = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("elements", "a list of elements")
  const elements = members.list("elements") ?? []
  const comment = members.text("comment", 1000) ?? null
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const version_id = crypto.randomUUID()
  return await editRoute(
    context,
    "draft",
    (route, { now }) => {
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
  showRouteOf(
    context,
    (route) =>
      Result.map(pageOf(context.search, route.deployments), ({ items, page, perPage, total }) =>
        bare({
          data: {
            deployments: items.map(deploymentJson),
            page,
            per_page: perPage,
            total_count: total,
            ...order,
            order_by_direction: "desc",
          },
        })),
  )

/** Puts a version in force: a newer one, or an older one to roll back. */
export const deploy = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("version_id", "the id of one of the route's versions")
  const version_id = members.text("version_id", 64) ?? ""
  const comment = members.text("comment", 1000) ?? null
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const deployment_id = crypto.randomUUID()
  return await editRoute(
    context,
    "deploy",
    (route, { now }) =>
      route.versions.some((version) => version.version_id === version_id)
        ? Result.succeed(withDeployment(route, { deployment_id, version_id, created_at: now, comment }))
        : Result.fail(noVersion(version_id.slice(0, 64))),
    (route, gateway) => {
      const version = deployedVersion(route)
      return showing({ ...routeJson(gateway, route), deployment_id, version_id: version?.version_id }, route)
    },
  )
}
