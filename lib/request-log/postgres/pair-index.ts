/**
 * The index by which entries are found by a pair of their metadata; each day's table has its own.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"

/** The pairs of an entry, as the index has them. */
export const pairsAsList = `string_to_array(pairs, E'\\n')`

/** What the index of a day's table is called. */
export const indexName = (part: string): string => part.replace(/^entry_/, "entry_pairs_")

/** What makes it. */
export const indexStatement = (part: string, how = ""): string =>
  `CREATE INDEX ${how} "${indexName(part)}" ON basegate."${part}" USING gin ((${pairsAsList}))`

/** Gives a new day's table its index. */
export const indexPairs = async (query: Query, part: string): Promise<void> => {
  await query(indexStatement(part))
}
