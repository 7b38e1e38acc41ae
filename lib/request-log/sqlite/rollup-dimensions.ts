/**
 * Kinds of entries: those that share the facts by which figures are most often asked for.
 *
 * @module
 */
import type { Conditions } from "../conditions.ts"
import type { FilterableFields } from "../filterable-fields.ts"
import { fulfils } from "../filter.ts"
import type { Dimension } from "../query.ts"

/** The facts that entries of one kind share. */
export type RollupKind = Pick<FilterableFields, "provider" | "model" | "status" | "success" | "cached">

/** The columns that tell kinds apart. */
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

/** Whether conditions ask about kinds alone, and not about single entries. */
export const asksKinds = ({ fields, pairs }: Conditions, search = ""): boolean =>
  search === "" && pairs.length === 0 && fields.every(({ key }) => keys.has(key))

/** Whether dimensions tell kinds apart, and no more. */
export const dividesKinds = (by: ReadonlyArray<Dimension>): boolean =>
  by.every((dimension) => dimensions.has(dimension))

/** Gives the kind of a text where it fulfils the conditions; each text is looked at once. */
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
