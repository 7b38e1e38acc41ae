/**
 * Finds the dynamic route of a request, and changes it.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { Editing } from "../../settings-store/change.ts"
import {
  findGateway,
  withGateway,
  withItem,
  type WrittenGateway,
  type WrittenRoute,
} from "../../settings-store/document.ts"
import { unlessChanged } from "./answers.ts"
import { gatewayToChange, type Handled, type WriteContext } from "./context.ts"
import { routeJson } from "./route-json.ts"

const kind = "route" as const

const noRoute = (id: string): GatewayError =>
  adminNotFound(`This gateway has no dynamic route with the id ${id} that was written through the API.`)

/** Where a change of a route belongs. */
export const placeOf = ({ route: { account, gateway }, author }: WriteContext) => ({
  kind,
  author,
  account,
  gateway,
})

/** The document with a route replaced, added, or taken out. */
export const withRoute = (
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
export const routesOf = (
  { document, route: { account, gateway } }: WriteContext,
): ReadonlyArray<WrittenRoute> => findGateway(document, account, gateway)?.routes ?? []

/** The gateway of a request, as routes name it. */
export const placed = ({ route: { account, gateway } }: WriteContext) => ({ account, id: gateway })

/** Changes the route of a request, or takes it out. */
export const editRoute = (
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

/** Answers with the route of a request. */
export const showRouteOf = (
  context: WriteContext,
  show: (route: WrittenRoute) => Result.Result<Response, GatewayError>,
) => {
  const { item } = context.route
  const route = routesOf(context).find(({ id }) => id === item)
  return route === undefined ? Result.fail(noRoute(item)) : show(route)
}
