/**
 * The rollups, and which fields the hourly rows of each distinguish.
 *
 * One has the fields that analytics are most often grouped by. Tokens have one of their own: a hundred tokens would
 * otherwise multiply the rows by a hundred.
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

/** The only rollup with ranges, and so the one for the totals of lists. */
export const byKind: Rollup = {
  table: "hourly",
  fields: ["provider", "model", "status", "success", "cached", "deployment", "key_alias", "ending"],
}

/** For queries about tokens alone. */
export const byToken: Rollup = { table: "hourly_token", fields: ["token"] }

/** The text of a kind, by which its rows are found. */
export const kindText = ({ fields }: Rollup, facts: Readonly<Record<string, unknown>> | RollupKind): string =>
  JSON.stringify(fields.map((name) => (facts as Readonly<Record<string, unknown>>)[name]))

const kindOf = ({ fields }: Rollup, text: string): RollupKind => {
  const values = JSON.parse(text) as ReadonlyArray<string | number | null>
  return Object.fromEntries(fields.map((name, index) => [name, values[index] ?? null]))
}

/** Whether conditions can be decided by kind, without reading entries. */
export const asksOf = (rollup: Rollup, { fields, pairs }: Conditions, search = ""): boolean =>
  search === "" && pairs.length === 0 &&
  fields.every(({ key }) => rollup.fields.some((name) => name === filterFields[key].fact))

/** Whether a rollup distinguishes all of these dimensions. */
export const dividesBy = (rollup: Rollup, by: ReadonlyArray<Dimension>): boolean =>
  by.every((dimension) => dimension === "gateway" || rollup.fields.some((name) => name === dimension))

/**
 * Returns a function that parses the text of a kind, and returns it if it fulfils the conditions. Results are cached.
 */
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
