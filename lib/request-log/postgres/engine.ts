/**
 * The request log in Postgres: everything that needs the database itself.
 *
 * @module
 */
import { type PostgresDatabase, PostgresProblem } from "../../postgres/database.ts"
import { hasTable } from "../../postgres/own-schema.ts"
import type { LogEntry, LogPatch, LogScope } from "../entry.ts"
import { fieldsOfEntry, metadataText } from "../filterable-fields.ts"
import type { Held } from "../memory/held.ts"
import type { LogLimits } from "../memory/memory-log.ts"
import type {
  AnalyticsDivision,
  AnalyticsQuery,
  AnalyticsRow,
  AnalyticsSelection,
} from "../analytics-query.ts"
import { readAnalytics } from "./analytics-reader.ts"
import { recordText } from "./entry-rows.ts"
import { forgetHours, hourOf } from "./hour-locks.ts"
import { indexOldDays } from "./old-days.ts"
import { type LogReader, makeReader } from "./reader.ts"
import { expireDays } from "./retention.ts"
import { mergeHours } from "./rollup-merge.ts"
import { dayLength, dayOf, ensureDay, prepareSchema } from "./schema.ts"
import { makeScopes } from "./scopes.ts"
import { makeWriter } from "./writer.ts"

/** The log in a database. Every method rejects if the database cannot be used. */
export interface PostgresLog extends LogReader {
  /** Creates the tables that are missing. Must be called first. */
  readonly prepare: () => Promise<void>
  /** Writes entries; returns how many were given up. */
  readonly write: (entries: ReadonlyArray<Held>, now: number) => Promise<number>
  readonly patch: (scope: LogScope, id: string, patch: LogPatch, since: number) => Promise<boolean>
  /** @param sinceOf the time from which a gateway's entries are shown */
  readonly divided: (
    selection: AnalyticsSelection,
    divisions: ReadonlyArray<AnalyticsDivision>,
    sinceOf: (scope: LogScope) => number,
    now: number,
  ) => Promise<ReadonlyArray<ReadonlyArray<AnalyticsRow>>>
  /** Figures of an account's gateways, or of all, which are then named `{account_id}/{gateway_id}`. */
  readonly figures: (
    of: { readonly account?: string | undefined; readonly gateway?: string | undefined },
    query: Omit<AnalyticsQuery, "account" | "gateway">,
  ) => Promise<ReadonlyArray<AnalyticsRow>>
  /** Whether the tables exist. */
  readonly exists: () => Promise<boolean>
  readonly places: () => Promise<ReadonlyArray<LogScope>>
  readonly entries: () => Promise<number>
  /**
   * Merges hourly rows, removes what is too old, creates tomorrow's tables, and upgrades those of the previous
   * version.
   */
  readonly maintain: (now: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Gateways that tidy up at once may wait for each other in a circle, which ends one of them: it is done again. */
const untilPassed = async <A>(work: () => Promise<A>): Promise<A> => {
  for (let tries = 1;; tries++) {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof PostgresProblem) || !cause.isPassing || tries === 5) throw cause
    }
  }
}

/** Makes the log of a database. */
export const makePostgresLog = (
  database: PostgresDatabase,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
): PostgresLog => {
  const scopes = makeScopes(database.query)
  const reader = makeReader(database, scopes)
  const writer = makeWriter(database, scopes, limitsOf)

  const set = (
    scope: LogScope,
    id: string,
    found: LogEntry,
    { feedback, score, metadata }: LogPatch,
  ): Promise<boolean> =>
    database.transaction(async (query) => {
      const number = await scopes.find(scope)
      const [row] = await query(
        `SELECT entry.created::text AS created, record FROM basegate.entry JOIN basegate.detail USING (created, id)
         WHERE entry.id = $1::text AND scope = $2::text::int4 AND created = $3::text::int8 FOR UPDATE`,
        [id, String(number ?? 0), String(fieldsOfEntry(found).created)],
      )
      if (row === undefined) return false
      const place = [id, String(row["created"])]
      const write = async (table: "entry" | "detail", column: string, type: string, value: string | null) =>
        void await query(
          `UPDATE basegate.${table} SET ${column} = $3::text::${type} WHERE id = $1::text AND created = $2::text::int8`,
          [...place, value],
        )
      if (feedback !== undefined) {
        await write("entry", "feedback", "float8", feedback === null ? null : String(feedback))
      }
      if (score !== undefined) await write("entry", "score", "float8", score === null ? null : String(score))
      if (metadata !== undefined) {
        await forgetHours(query, [hourOf(number ?? 0, Number(row["created"]))])
        const entry = { ...JSON.parse(String(row["record"])) as LogEntry, metadata }
        await write("entry", "pairs", "text", metadataText(metadata))
        await write("detail", "record", "text", recordText(entry))
      }
      return true
    })

  return {
    ...reader,
    prepare: () => prepareSchema(database),
    write: writer.write,
    patch: async (scope, id, patch, since) => {
      const found = await reader.get(scope, id, since)
      return found === undefined ? false : await set(scope, id, found, patch)
    },
    divided: async (selection, divisions, sinceOf, now) => {
      const { account, gateway: only } = selection
      const shown = (await scopes.all(account)).filter(({ gateway }) => (only ?? gateway) === gateway)
      return await readAnalytics(
        database,
        selection,
        divisions,
        shown.map(({ id, gateway }) => ({ scope: id, gateway, since: sinceOf({ account, gateway }) })),
        now,
      )
    },
    figures: async ({ account: of, gateway: only }, query) => {
      const shown = (await scopes.all(of)).filter(({ gateway }) => (only ?? gateway) === gateway)
      const named = shown.map(({ id, account, gateway }) => ({
        scope: id,
        gateway: `${account}/${gateway}`,
        since: -Infinity,
      }))
      const asked = { ...query, account: of ?? "" }
      return (await readAnalytics(database, asked, [query], named, -Infinity))[0] ?? []
    },
    exists: () => hasTable(database.query, "log_version"),
    places: async () =>
      (await scopes.all()).filter(({ entries }) => entries > 0)
        .map(({ account, gateway }) => ({ account, gateway })),
    entries: async () => (await scopes.all()).reduce((sum, { entries }) => sum + entries, 0),
    maintain: async (now) => {
      await untilPassed(() => ensureDay(database, dayOf(now + dayLength)))
      while (await untilPassed(() => mergeHours(database)));
      await untilPassed(() => expireDays(database, scopes, limitsOf, now))
      await untilPassed(() => indexOldDays(database))
    },
    close: database.close,
  }
}
