/**
 * Declared dynamic routes, in the form of written ones. They are shown, but cannot be changed here.
 *
 * @module
 */
import type { GatewaySettings } from "../../config/gateway-settings.ts"
import { nodesOf, type RouteNode } from "../../dynamic-route/graph.ts"

/** An element of a compiled route, which no longer has the text of conditions. */
const propertiesOf = ({ action }: RouteNode): object => {
  switch (action.type) {
    case "model": {
      const { provider, model, timeout, retries } = action
      return {
        provider,
        model,
        ...(timeout !== undefined && { timeout }),
        ...(retries !== undefined && { retries }),
      }
    }
    case "limit": {
      const { limitType, key: { source, name }, limit, windowMs, technique } = action
      return { limitType, key: `${source}.${name}`, limit, window: windowMs / 1000, technique }
    }
    default:
      return {}
  }
}

const elementOf = (node: RouteNode) => ({
  id: node.element,
  type: node.action.type === "limit" ? "rate" : node.action.type,
  properties: propertiesOf(node),
  outputs: Object.fromEntries(
    [...node.next].map(([output, { element }]) => [output, { elementId: element }]),
  ),
})

/** The declared routes of a gateway, without ids and versions. */
export const declaredRoutes = (
  account: string,
  gateway: string,
  { routes }: Pick<GatewaySettings, "routes">,
) =>
  [...routes.values()].map((graph) => ({
    id: null,
    account_tag: account,
    gateway_id: gateway,
    name: graph.name,
    created_at: null,
    modified_at: null,
    elements: [...nodesOf(graph)].map(elementOf),
    deployment: null,
    version: null,
  }))
