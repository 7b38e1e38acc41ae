/**
 * The indexes that each day's table of entries has for itself. The whole table has none of them, so that a day which is there
 * already can be given one while it is read and written.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import { trigramSchema } from "./trigrams.ts"

/** The pairs of an entry, as their index has them. */
export const pairsAsList = `string_to_array(pairs, E'\\n')`

/** Where a text is searched. */
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

/** A character that no searched text has: it keeps their ends apart. */
export const apart = "\u0001"

/** An event's id is mostly that of its entry, and then need not be looked at twice. */
const ownText = (column: typeof searched[number]): string =>
  column === "event_id" ? "CASE WHEN event_id = id THEN '' ELSE event_id END" : `coalesce(${column}, '')`

/** All of it without regard to the case of ASCII letters: one look at it is a third of what one at each costs. */
export const searchedText = `lower(${searched.map(ownText).join(" || E'\\x01' || ")})`

/** An index of a day's table. */
export interface DayIndex {
  readonly name: string
  /** What follows `ON table` in the statement that makes it. */
  readonly definition: string
}

/**
 * The indexes that a day's table is to have. Of the orders of a list the dearest first alone has one: each costs what is written,
 * and is a lock more for each day that a question looks at.
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

/** What the index of a day's table is called. */
export const indexName = (part: string, { name }: DayIndex): string =>
  part.replace(/^entry_/, `entry_${name}_`)

/** What makes it. */
export const indexStatement = (part: string, index: DayIndex, how = ""): string =>
  `CREATE INDEX ${how} "${indexName(part, index)}" ON basegate."${part}" ${index.definition}`
