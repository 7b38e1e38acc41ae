/**
 * Turns at what is done to a gateway's log as a whole: entries of it are counted to see whether there is room, or taken out.
 *
 * Whoever changes the log locks in one order, so that nobody waits in a circle: turns by the gateways' numbers; entries, each
 * before its detail; hours (`hour-locks.ts`); the gateways' own rows, by their numbers. A day that is dropped cannot keep to
 * that: it gives up instead of waiting (`retention.ts`).
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"

/** The class of these advisory locks. */
const lockClass = 7091

/** Waits for the turns of gateways, which end with the transaction. */
export const lockGateways = async (query: Query, scopes: ReadonlyArray<number>): Promise<void> => {
  if (scopes.length === 0) return
  const sorted = [...new Set(scopes)].sort((one, other) => one - other)
  await query(
    `SELECT pg_advisory_xact_lock(${lockClass}, scope) FROM unnest($1::text[]::int4[]) AS scope`,
    [sorted.map(String)],
  )
}
