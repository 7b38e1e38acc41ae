/**
 * Creates, lists, renames and deletes dynamic routes of a written gateway.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { WrittenGateway, WrittenRoute } from "../../settings-store/document.ts"
import { bare, pageOf, showing, tagged } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { declaredRoutes } from "./declared-routes.ts"
import { createMember, editMember, type MemberKind, memberOf, membersOf, placed } from "./edit-member.ts"
import { openMembers } from "./body-members.ts"
import { elementsProblem, newRoute, routeNameProblem } from "./route-elements.ts"
import { routeJson } from "./route-json.ts"

/** The written routes of a gateway. */
export const routes: MemberKind<WrittenRoute> = {
  kind: "route",
  of: (gateway) => gateway.routes,
  within: (gateway, routes) => ({ ...gateway, routes }),
  show: (route, gateway) => routeJson(gateway, route),
  missing: (id) =>
    adminNotFound(
      `This gateway has no written dynamic route with the id ${id}. GET …/routes lists those it has.`,
    ),
}

const order = { order_by: "created_at", order_by_direction: "asc" }

/** The routes of a gateway: its written ones, or the declared ones. */
const shownRoutes = (context: WriteContext): ReadonlyArray<object> => {
  const { settings, control, route: { account, gateway: id } } = context
  const gateway = settings.gateway(account, id)
  return gateway !== undefined && control.declaredAt(account, id) !== undefined
    ? declaredRoutes(account, id, gateway)
    : membersOf(routes, context).map((route) => routeJson(placed(context), route))
}

/** Lists the routes. */
export const listRoutes = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.map(
    pageOf(context.search, shownRoutes(context)),
    ({ items, page, perPage, total }) =>
      bare({ data: { routes: items, page, per_page: perPage, total_count: total, ...order } }),
  )

const nameTaken = ({ routes }: WrittenGateway, name: string, id?: string): GatewayError | undefined =>
  routes.some((route) => route.name === name && route.id !== id)
    ? adminConflict(`There is a dynamic route "${name}" already. Choose another name.`)
    : undefined

/** Creates a route, whose first version is deployed at once. */
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
  return await createMember(routes, context, (gateway, editing) => {
    const taken = nameTaken(gateway, name)
    return taken === undefined ? Result.succeed(newRoute(name, elements, editing)) : Result.fail(taken)
  })
}

/** Shows a route with its deployed version. */
export const showRoute = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.map(memberOf(routes, context), (route) => showing(routeJson(placed(context), route), route))

/** Renames a route. The answer has it in `route`, as at Cloudflare, and in `result`, too. */
export const renameRoute = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("name", "the route's new name")
  const name = members.text("name", 64) ?? ""
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const issue = routeNameProblem(name)
  if (issue !== undefined) return Result.fail(adminBadRequest(`${issue}.`))
  return await editMember(
    routes,
    context,
    "update",
    (route, gateway) => {
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
  editMember(routes, context, "delete", () => Result.succeed(undefined))
