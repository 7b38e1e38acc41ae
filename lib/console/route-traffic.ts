/**
 * How many requests took each edge of a dynamic route.
 *
 * @module
 */
import { get } from "./api.ts"
import type { Analytics } from "./types.ts"

/** The traffic of a route. */
export interface Traffic {
  readonly requests: number
  /** By the element's id. */
  readonly elements: ReadonlyMap<string, number>
  /** By the element's id and the output, separated by a space. */
  readonly edges: ReadonlyMap<string, number>
  readonly cost: number | null
  readonly errors: number
}

const add = (counts: Map<string, number>, key: string, many: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + many)

/** Loads the paths that requests took: `[route, element, output, element, …]` as JSON. */
export const loadTraffic = async (
  path: string,
  route: string,
  since: string,
  signal?: AbortSignal,
): Promise<Traffic> => {
  const { rows } = await get<Analytics>(
    `${path}/analytics`,
    { since, bucket: "all", by: "dynamic_route" },
    signal,
  )
  const [elements, edges] = [new Map<string, number>(), new Map<string, number>()]
  let [requests, errors] = [0, 0]
  let cost: number | null = null
  for (const row of rows) {
    const way = row.group["dynamic_route"]
    if (way == null) continue
    const [name, ...steps] = JSON.parse(way) as ReadonlyArray<string>
    if (name !== route) continue
    requests += row.requests
    errors += row.errors
    if (row.cost !== null) cost = (cost ?? 0) + row.cost
    for (let at = 0; at < steps.length; at += 2) {
      add(elements, steps[at] ?? "", row.requests)
      if (at + 1 < steps.length) add(edges, `${steps[at]} ${steps[at + 1]}`, row.requests)
    }
  }
  return { requests, elements, edges, cost: requests === 0 ? 0 : cost, errors }
}
