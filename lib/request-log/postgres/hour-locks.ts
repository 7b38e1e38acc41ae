/**
 * Keeps what is known of an hour's entries in step with them, among gateways that write at once.
 *
 * Who writes, changes or deletes entries of an hour shares its lock, which is held until that has been committed; who keeps
 * what an hour came to has it alone, and reads after that. Locks are of transactions, so that poolers may share connections.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import { hourLength } from "../sqlite/hourly.ts"

/** The class of these advisory locks. */
const lockClass = 7089

/** How many locks the hours of one gateway have: a server has room for some thousands in all. */
const most = 256

/** An hour of a gateway. */
export interface ScopeHour {
  readonly scope: number
  /** When it begins, in milliseconds since 1970. */
  readonly hour: number
}

/** The hour of an entry. */
export const hourOf = (scope: number, created: number): ScopeHour => ({
  scope,
  hour: Math.floor(created / hourLength) * hourLength,
})

const place = ({ scope, hour }: ScopeHour): number =>
  (((scope % 1_000_000) * most) + Math.abs(Math.round(hour / hourLength) % most)) | 0

/** In one order, so that transactions do not deadlock. */
const placesOf = (hours: ReadonlyArray<ScopeHour>): ReadonlyArray<string> =>
  [...new Set(hours.map(place))].sort((one, other) => one - other).map(String)

/** Forgets what was kept of hours that are being changed; to be called within the transaction that changes them. */
export const forgetHours = async (query: Query, hours: ReadonlyArray<ScopeHour>): Promise<void> => {
  if (hours.length === 0) return
  await query(
    `SELECT pg_advisory_xact_lock_shared(${lockClass}, place) FROM unnest($1::text[]::int4[]) AS place`,
    [placesOf(hours)],
  )
  // What was kept until now is seen by a statement that begins after the locks were had. Rows are locked in one order, too:
  // others who change the same hours delete the same rows.
  await query(
    `DELETE FROM basegate.hourly_division WHERE ctid = ANY (ARRAY(
       SELECT kept.ctid FROM basegate.hourly_division AS kept
       JOIN unnest($1::text[]::int4[], $2::text[]::int8[]) AS changed(scope, hour) USING (scope, hour)
       ORDER BY scope, hour, kept.division FOR UPDATE OF kept
     ))`,
    [hours.map(({ scope }) => String(scope)), hours.map(({ hour }) => String(hour))],
  )
}

/** Takes the locks of those hours that no other transaction is changing; holds them until the transaction ends. */
export const lockHours = async (
  query: Query,
  hours: ReadonlyArray<ScopeHour>,
): Promise<ReadonlyArray<ScopeHour>> => {
  const rows = await query(
    `SELECT place, pg_try_advisory_xact_lock(${lockClass}, place) AS mine FROM unnest($1::text[]::int4[]) AS place`,
    [placesOf(hours)],
  )
  const mine = new Set(rows.filter((row) => row["mine"] === true).map((row) => Number(row["place"])))
  return hours.filter((each) => mine.has(place(each)))
}
