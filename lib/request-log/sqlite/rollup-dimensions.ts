/**
 * The rollups: which fields the hourly rows of each distinguish.
 *
 * The fields that analytics are most often grouped by are in one. Tokens have one of their own: a hundred of them would
 * else divide each of its rows by as many.
 *
 * @module
 */
import { type Conditions, fields as filterFields } from "../conditions.ts"
import type { FilterableFields } from "../filterable-fields.ts"
import { fulfils } from "../filter.ts"
import type { Dimension } from "../analytics-query.ts"

/** Hourly rows that distinguish entries by some fields. */
export interface Rollup {
  readonly table: "hourly" | "hourly_token"
  readonly fields: ReadonlyArray<keyof FilterableFields>
}

/** The fields that entries of one kind share. */
export type RollupKind = Partial<FilterableFields>

/** The only one that has ranges, and so the one that lists are totalled from. */
export const byKind: Rollup = {
  table: "hourly",
  fields: ["provider", "model", "status", "success", "cached", "deployment", "key_alias", "ending"],
}

/** For questions about tokens alone. */
export const byToken: Rollup = { table: "hourly_token", fields: ["token"] }

/** A kind as text, by which its rows are found. */
export const kindText = ({ fields }: Rollup, facts: Readonly<Record<string, unknown>> | RollupKind): string =>
  JSON.stringify(fields.map((name) => (facts as Readonly<Record<string, unknown>>)[name]))

const kindOf = ({ fields }: Rollup, text: string): RollupKind => {
  const values = JSON.parse(text) as ReadonlyArray<string | number | null>
  return Object.fromEntries(fields.map((name, index) => [name, values[index] ?? null]))
}

/** Whether conditions can be decided by kind, without looking at single entries. */
export const asksOf = (rollup: Rollup, { fields, pairs }: Conditions, search = ""): boolean =>
  search === "" && pairs.length === 0 &&
  fields.every(({ key }) => rollup.fields.some((name) => name === filterFields[key].fact))

/** Whether all dimensions are those of kinds. */
export const dividesBy = (rollup: Rollup, by: ReadonlyArray<Dimension>): boolean =>
  by.every((dimension) => dimension === "gateway" || rollup.fields.some((name) => name === dimension))

/** Returns the kind of a text if it fulfils the conditions; the result for each text is cached. */
export const kindFilter = (
  rollup: Rollup,
  { fields }: Conditions,
): (text: string) => RollupKind | undefined => {
  const known = new Map<string, RollupKind | undefined>()
  return (text) => {
    if (known.has(text)) return known.get(text)
    const kind = kindOf(rollup, text)
    const answer = fields.every((condition) => fulfils(kind, condition)) ? kind : undefined
    known.set(text, answer)
    return answer
  }
}
