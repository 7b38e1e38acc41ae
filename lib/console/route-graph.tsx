/**
 * A dynamic route as a graph, with how many requests took each edge.
 *
 * @module
 */
import { count, short, visible } from "./format.ts"
import { box, type Element, type Joined, layOut } from "./route-layout.ts"
import type { Traffic } from "./route-traffic.ts"

const titles: Readonly<Record<string, string>> = {
  start: "Start",
  end: "End",
  conditional: "If",
  percentage: "By chance",
  rate: "Limit",
  rate_limit: "Limit",
  model: "Model",
}

/** A summary of what an element does. */
const summary = ({ type, properties = {} }: Element): string => {
  const { model, provider, limit, limitType, key, conditions = properties["condition"] } = properties
  const said = type === "model"
    ? `${provider === "baseten" ? "" : `${String(provider)}: `}${String(model)}`
    : type === "conditional" && conditions !== undefined
    ? JSON.stringify(conditions)
    : type.startsWith("rate")
    ? `${limitType === "cost" ? "$" : ""}${String(limit)} for each ${String(key)}`
    : ""
  return visible(said)
}

/** The space between an element's edge and its text. */
const inset = 12

const segmenter = new Intl.Segmenter()

/** Cuts between what a reader takes for characters: an emoji may be many. */
const cut = (text: string, most: number): string => {
  if (text.length <= most) return text
  let kept = ""
  for (const { segment } of segmenter.segment(text)) {
    if (kept.length + segment.length >= most) break
    kept += segment
  }
  return `${kept}…`
}

/** A curve through an edge's points, straight between the layers that it passes. */
const pathOf = ({ points }: Joined): string =>
  points.map(([x, y], index) => {
    const [fromX, fromY] = points[index - 1] ?? [x, y]
    if (index === 0) return `M${x},${y}`
    const half = (x - fromX) / 2
    return `C${fromX + half},${fromY} ${x - half},${y} ${x},${y}`
  }).join("")

/** The position of an edge's label: next to its beginning. */
const labelOf = ({ points }: Joined): readonly [x: number, y: number] => {
  const [[x = 0, y = 0] = [0, 0], [nextX = 0, nextY = 0] = [0, 0]] = points
  return [x + (nextX - x) * 0.5, y + (nextY - y) * 0.62]
}

/** The graph, and a table with the same content for screen readers. */
export const RouteDrawing = (
  { elements, traffic, label }: {
    readonly elements: ReadonlyArray<Element>
    readonly traffic: Traffic | undefined
    readonly label: string
  },
) => {
  const { nodes, edges, width, height } = layOut(elements)
  const taken = ({ from, output }: Joined): number | undefined =>
    traffic === undefined ? undefined : traffic.edges.get(`${from} ${output}`) ?? 0
  const most = Math.max(1, ...edges.map((edge) => taken(edge) ?? 0))
  return (
    <>
      <div class="scroll graph" tabIndex={0} role="region" aria-label={label}>
        <svg width={width} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
          <defs>
            <marker
              id="tip"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="10"
              markerHeight="10"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0 8,4 0,8z" class="tip" />
            </marker>
          </defs>
          {edges.map((edge) => {
            const requests = taken(edge)
            const [x, y] = labelOf(edge)
            return (
              <g key={`${edge.from} ${edge.output}`} class={requests === 0 ? "edge idle" : "edge"}>
                <path
                  d={pathOf(edge)}
                  marker-end="url(#tip)"
                  stroke-width={requests === undefined || requests === 0 ? 1.5 : 1.5 + 4 * requests / most}
                />
                <text x={x} y={y - 5} text-anchor="middle">{visible(edge.output)}</text>
                {requests !== undefined && (
                  <text x={x} y={y + 13} text-anchor="middle" class="many">{short(requests)}</text>
                )}
              </g>
            )
          })}
          {nodes.map(({ element, x, y }) => (
            <g key={element.id} class={`node ${element.type}`}>
              <rect x={x} y={y} width={box.width} height={box.height} rx="9" />
              {/* Letters differ in width: an inner drawing shows none beyond its edge. */}
              <svg x={x + inset} y={y} width={box.width - 2 * inset} height={box.height}>
                <text y={21}>
                  <tspan class="kind">{titles[element.type] ?? visible(element.type)}</tspan>{" "}
                  {element.type !== "start" && element.type !== "end" && (
                    <tspan>{cut(visible(element.id), 15)}</tspan>
                  )}
                </text>
                <text y={40} class="said">
                  {cut(summary(element) || `${short(traffic?.elements.get(element.id) ?? 0)} requests`, 26)}
                </text>
              </svg>
              <title>{`${visible(element.id)} ${summary(element)}`}</title>
            </g>
          ))}
        </svg>
      </div>
      <details class="numbers">
        <summary>As a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Element</th>
                <th scope="col">Does</th>
                <th scope="col">Output</th>
                <th scope="col">Leads to</th>
                <th scope="col" class="number">Requests</th>
              </tr>
            </thead>
            <tbody>
              {edges.map((edge) => {
                const element = elements.find(({ id }) => id === edge.from)
                return (
                  <tr key={`${edge.from} ${edge.output}`}>
                    <th scope="row">
                      <bdi>{visible(edge.from)}</bdi>
                    </th>
                    <td>
                      {element === undefined ? "" : `${titles[element.type] ?? ""} ${summary(element)}`}
                    </td>
                    <td>
                      <bdi>{visible(edge.output)}</bdi>
                    </td>
                    <td>
                      <bdi>{visible(edge.to)}</bdi>
                    </td>
                    <td class="number">{count(taken(edge))}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      </details>
    </>
  )
}
