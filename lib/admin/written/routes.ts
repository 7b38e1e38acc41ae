/**
 * Dynamic routes of a written gateway: made, listed, renamed, deleted.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { WrittenGateway } from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { bare, pageOf, showing, tagged } from "./answers.ts"
import { gatewayToChange, type Handled, type WriteContext } from "./context.ts"
import { editRoute, placed, placeOf, routesOf, showRouteOf, withRoute } from "./edit-route.ts"
import { openMembers } from "./members.ts"
import { elementsProblem, newRoute, routeNameProblem } from "./route-elements.ts"
import { routeJson } from "./route-json.ts"

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
