/**
 * The graph of a dynamic route: from a list of elements to nodes that point at each other.
 *
 * A graph that compiles is sound: each output leads somewhere, no path returns to a node, and so every traversal
 * ends within as many elements as there are.
 *
 * @module
 */
import { type ElementAction, readElement, type RouteElement } from "./elements.ts"

/** A compiled route. */
export interface RouteGraph {
  /** As in `dynamic/{name}`. */
  readonly name: string
  readonly start: RouteNode
}

/** An element, linked to those after it. */
export interface RouteNode {
  /** The element's id. */
  readonly element: string
  readonly action: ElementAction
  /** The nodes by the output that leads to them; of optional outputs, those that are set. */
  readonly next: ReadonlyMap<string, RouteNode>
}

/** Compiles a route, or says what is wrong with it: a sentence that names the route and the element. */
export const compileRoute = (name: string, elements: ReadonlyArray<RouteElement>): RouteGraph | string => {
  const start = compile(elements)
  return typeof start === "string" ? `route "${name}"${start}` : { name, start }
}

/** Every node of a route. */
export const nodesOf = ({ start }: RouteGraph): ReadonlySet<RouteNode> => {
  const nodes = new Set([start])
  for (const node of nodes) for (const next of node.next.values()) nodes.add(next)
  return nodes
}

const compile = (elements: ReadonlyArray<RouteElement>): RouteNode | string => {
  const [start, second] = elements.filter(({ type }) => type === "start")
  if (start === undefined) return " has no start element"
  if (second !== undefined) return at(second.id, "is a second start element")
  if (!elements.some(({ type }) => type === "end")) return " has no end element"
  const sound = new Map<string, { readonly element: RouteElement; readonly action: ElementAction }>()
  for (const element of elements) {
    if (sound.has(element.id)) return at(element.id, "has an id that another element has too")
    const action = readElement(element)
    if (typeof action === "string") return at(element.id, action)
    sound.set(element.id, { element, action })
  }
  const nodes = new Map<string, RouteNode>()
  const link = (id: string, path: ReadonlyArray<string>): RouteNode | string => {
    const [found, known, from = id] = [sound.get(id), nodes.get(id), path.at(-1)]
    if (found === undefined) return at(from, `has an output to "${id}", but no element has that id`)
    if (path.includes(id)) return at(from, `leads back to "${id}": a route must not go round in a circle`)
    if (known !== undefined) return known
    const next = new Map<string, RouteNode>()
    for (const [output, { elementId }] of Object.entries(found.element.outputs ?? {})) {
      const node = link(elementId, [...path, id])
      if (typeof node === "string") return node
      next.set(output, node)
    }
    const node = { element: id, action: found.action, next }
    nodes.set(id, node)
    return node
  }
  const first = link(start.id, [])
  if (typeof first === "string") return first
  const unreached = elements.find(({ id }) => !nodes.has(id))
  return unreached === undefined ? first : at(unreached.id, "is not reached from the start element")
}

const at = (id: string, what: string): string => `, element "${id}" ${what}`
