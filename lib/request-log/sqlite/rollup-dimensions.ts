/**
 * The dimensions of the hourly rows: the fields that analytics are most often grouped by.
 *
 * @module
 */
import type { Conditions } from "../conditions.ts"
import type { FilterableFields } from "../filterable-fields.ts"
import { fulfils } from "../filter.ts"
import type { Dimension } from "../query.ts"

/** The fields that entries of one kind share. */
export type RollupKind = Pick<FilterableFields, "provider" | "model" | "status" | "success" | "cached">

/** The columns that distinguish kinds. */
export const kindColumns = "provider, model, status, success, cached"

/** A kind as text, by which its rows are found. */
export const kindText = ({ provider, model, status, success, cached }: RollupKind): string =>
  JSON.stringify([provider, model, status, success, cached])

const kindOf = (text: string): RollupKind => {
  const [provider, model, status, success, cached] = JSON.parse(text) as [
    RollupKind["provider"],
    RollupKind["model"],
    RollupKind["status"],
    RollupKind["success"],
    RollupKind["cached"],
  ]
  return { provider, model, status, success, cached }
}

const keys: ReadonlySet<string> = new Set(["provider", "model", "status_code", "success", "cached"])
const dimensions: ReadonlySet<string> = new Set(["provider", "model", "status", "cached", "gateway"])

/** Whether conditions can be decided by kind, without looking at single entries. */
export const asksKinds = ({ fields, pairs }: Conditions, search = ""): boolean =>
  search === "" && pairs.length === 0 && fields.every(({ key }) => keys.has(key))

/** Whether all dimensions are those of kinds. */
export const dividesKinds = (by: ReadonlyArray<Dimension>): boolean =>
  by.every((dimension) => dimensions.has(dimension))

/** Returns the kind of a text if it fulfils the conditions; the result for each text is cached. */
export const kindFilter = ({ fields }: Conditions): (text: string) => RollupKind | undefined => {
  const known = new Map<string, RollupKind | undefined>()
  return (text) => {
    if (known.has(text)) return known.get(text)
    const kind = kindOf(text)
    const answer = fields.every((condition) => fulfils(kind, condition)) ? kind : undefined
    known.set(text, answer)
    return answer
  }
}
