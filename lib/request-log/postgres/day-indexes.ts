/**
 * The indexes that each day's table of entries has of its own. The partitioned table declares none, so that existing
 * days can be indexed while they are read and written.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import { trigramSchema } from "./trigrams.ts"

/** The metadata pairs of an entry, as indexed. */
export const pairsAsList = `string_to_array(pairs, E'\\n')`

/** The columns that are searched for text. */
export const searched = [
  "id",
  "event_id",
  "provider",
  "model",
  "path",
  "error",
  "user_agent",
  "pairs",
] as const

/** A separator that no searched text contains. */
export const apart = "\u0001"

/** The event id mostly equals the entry's id, which is then searched only once. */
const ownText = (column: typeof searched[number]): string =>
  column === "event_id" ? "CASE WHEN event_id = id THEN '' ELSE event_id END" : `coalesce(${column}, '')`

/**
 * All searched columns as one text, with ASCII letters in lower case: searching it costs a third of searching each
 * column.
 */
export const searchedText = `lower(${searched.map(ownText).join(" || E'\\x01' || ")})`

/** An index of a day's table. */
export interface DayIndex {
  readonly name: string
  /** What follows `ON table` in `CREATE INDEX`. */
  readonly definition: string
}

/**
 * The indexes that a day's table should have. Of a list's orders only the one by cost has an index: each index slows
 * writing, and is one more lock for each day that a query reads.
 */
export const dayIndexes = async (query: Query): Promise<ReadonlyArray<DayIndex>> => {
  const always = [
    { name: "pairs", definition: `USING gin ((${pairsAsList}))` },
    { name: "cost", definition: "(scope, cost DESC NULLS LAST, id DESC)" },
  ]
  const trigrams = await trigramSchema(query)
  if (trigrams === undefined) return always
  return [...always, { name: "text", definition: `USING gin ((${searchedText}) ${trigrams}.gin_trgm_ops)` }]
}

/** The name of an index of a day's table. */
export const indexName = (part: string, { name }: DayIndex): string =>
  part.replace(/^entry_/, `entry_${name}_`)

/** The statement that creates it. */
export const indexStatement = (part: string, index: DayIndex, how = ""): string =>
  `CREATE INDEX ${how} "${indexName(part, index)}" ON basegate."${part}" ${index.definition}`
