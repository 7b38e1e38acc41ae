/**
 * Dynamic routes of a gateway: small graphs that choose, limit and fall back, called as model `dynamic/{name}`.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { RouteElement } from "../dynamic-route/elements.ts"
import { compileRoute, type RouteGraph } from "../dynamic-route/graph.ts"

const Elements = Schema.Array(RouteElement)

/** What is wrong with a route, as a sentence that names it and the element; `undefined` if it is sound. */
export const routeProblem = (name: string, elements: ReadonlyArray<RouteElement>): string | undefined => {
  if (!/^[\w-]{1,64}$/.test(name)) {
    return `route "${name}" has a name that is not 1 to 64 letters, digits, dashes and underscores`
  }
  const route = compileRoute(name, elements)
  return typeof route === "string" ? route : undefined
}

type Entry = ReadonlyArray<RouteElement> | { readonly elements: ReadonlyArray<RouteElement> }

const elementsOf = (entry: Entry): ReadonlyArray<RouteElement> => "elements" in entry ? entry.elements : entry

/**
 * `routes` of a gateway's settings: `{"<name>": {"elements": […]}}`, or the bare list of elements.
 *
 * Whatever could go wrong while a route is followed is found here, at the start.
 */
export const DynamicRoutes = Schema.Record(
  Schema.String,
  Schema.Union([Schema.Struct({ elements: Elements }), Elements]),
).check(
  Schema.makeFilter((routes: Readonly<Record<string, Entry>>) =>
    Object.entries(routes).flatMap(([name, entry]) => {
      const issue = routeProblem(name, elementsOf(entry))
      return issue === undefined ? [] : [{ path: [name], issue }]
    })
  ),
)

/** The routes by name, compiled. */
export const dynamicRoutes = (routes: typeof DynamicRoutes.Type): ReadonlyMap<string, RouteGraph> => {
  const graphs = new Map<string, RouteGraph>()
  for (const [name, entry] of Object.entries(routes)) {
    const graph = compileRoute(name, elementsOf(entry))
    if (typeof graph !== "string") graphs.set(name, graph)
  }
  return graphs
}
