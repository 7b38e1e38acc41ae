/**
 * Aggregates by time bucket and group.
 *
 * @module
 */
import type { FilterableFields } from "./filterable-fields.ts"
import { addAggregates, addFacts, type Aggregates, aggregatesRow, emptyAggregates } from "./aggregates.ts"
import { bucketsOf } from "./buckets.ts"
import { compareText, pairsIn } from "./filter.ts"
import type { AnalyticsQuery, AnalyticsRow, Dimension } from "./analytics-query.ts"

/** The key of a group: the value of each dimension, in the order of the query. */
export type Group = ReadonlyArray<string | null>

/** Aggregates being gathered. */
export interface Gathered {
  readonly add: (created: number, group: Group, facts: FilterableFields) => void
  /** Adds aggregates that all belong to one bucket. */
  readonly merge: (created: number, group: Group, figures: Aggregates) => void
  /** The aggregates of a bucket and a group, to add to. */
  readonly cell: (created: number, group: Group) => Aggregates
  readonly rows: () => ReadonlyArray<AnalyticsRow>
}

/** The value of each dimension for an entry of a gateway. */
export const groupOf = (
  by: ReadonlyArray<Dimension>,
  gateway: string,
  facts: Partial<FilterableFields>,
): Group =>
  by.map((dimension) => {
    switch (dimension) {
      case "gateway":
        return gateway
      case "status":
        return String(facts.status)
      case "cached":
        return String(facts.cached === 1)
      case "model":
      case "deployment":
      case "provider":
      case "token":
      case "key_alias":
      case "dynamic_route":
      case "ending":
      case "rescued":
      case "rescued_from":
        return facts[dimension] ?? null
      case "reason":
        return facts.error ?? (facts.ending === "complete" ? null : facts.ending ?? null)
      default: {
        const name = dimension.slice("metadata.".length)
        return pairsIn({ pairs: facts.pairs ?? "" }).find((pair) => pair[0] === name)?.[1] ?? null
      }
    }
  })

/** Starts to gather aggregates for a query. */
export const gather = (query: Pick<AnalyticsQuery, "bucket" | "by" | "since">): Gathered => {
  const { by } = query
  const { startOf } = bucketsOf(query)
  const cells = new Map<string, { time: number; group: Group; key: string; figures: Aggregates }>()
  const cellAt = (created: number, group: Group): Aggregates => {
    const time = startOf(created)
    const key = JSON.stringify(group)
    const id = `${time} ${key}`
    let cell = cells.get(id)
    if (cell === undefined) {
      cell = { time, group, key, figures: emptyAggregates() }
      cells.set(id, cell)
    }
    return cell.figures
  }
  return {
    add: (created, group, facts) => addFacts(cellAt(created, group), facts, 1),
    merge: (created, group, figures) => addAggregates(cellAt(created, group), figures),
    cell: cellAt,
    rows: () =>
      [...cells.values()]
        // A cell whose entries were all subtracted again is left out.
        .filter(({ figures }) => figures.requests > 0)
        .sort((one, other) => one.time - other.time || compareText(one.key, other.key))
        .map(({ time, group, figures }) =>
          aggregatesRow(
            time,
            Object.fromEntries(by.map((name, index) => [name, group[index] ?? null])),
            figures,
          )
        ),
  }
}
