/**
 * The log of all gateways in a Durable Object, with the same tables and queries as in a file.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import type { LogEntry, LogPatch, LogScope, Payload, Payloads } from "../../request-log/entry.ts"
import type { LogLimits } from "../../request-log/memory/memory-log.ts"
import type {
  LogCursor,
  LogHealth,
  LogNews,
  LogPage,
  LogQuery,
  LogSelection,
  LogStretch,
  NewsCursor,
  TimeSelection,
} from "../../request-log/query.ts"
import type {
  AnalyticsDivision,
  AnalyticsRow,
  AnalyticsSelection,
} from "../../request-log/analytics-query.ts"
import type { FileLog, Waiting } from "../../request-log/sqlite/file-log-shape.ts"
import { makeFileLog } from "../../request-log/sqlite/file-log.ts"
import type { Database } from "../../sqlite/database.ts"

/** An entry as it is sent. */
export interface SentEntry {
  readonly record: RequestRecord
  readonly payloads?: Payloads
}

/** The limits of gateways, by `account/gateway`: `null` for one that was removed. The object does not know the settings. */
export type SentLimits = Readonly<Record<string, LogLimits | null>>

/** What the object does: see `RequestLog`. Questions about one gateway come with its limits. */
export interface LogObject {
  /** Returns once the entries are stored; existing ones are not stored again. */
  readonly append: (entries: ReadonlyArray<SentEntry>, limits: SentLimits) => void
  readonly list: (query: LogQuery, limits: SentLimits) => LogPage
  readonly stretch: (
    selection: TimeSelection,
    limit: number,
    limits: SentLimits,
    after?: LogCursor,
  ) => LogStretch
  readonly get: (scope: LogScope, id: string, limits: SentLimits) => LogEntry | undefined
  readonly payload: (
    scope: LogScope,
    id: string,
    which: keyof Payloads,
    limits: SentLimits,
  ) => Payload | undefined
  readonly patch: (scope: LogScope, id: string, patch: LogPatch, limits: SentLimits) => boolean
  readonly remove: (selection: LogSelection, limits: SentLimits, limit?: number) => number
  readonly divided: (
    selection: AnalyticsSelection,
    divisions: ReadonlyArray<AnalyticsDivision>,
  ) => ReadonlyArray<ReadonlyArray<AnalyticsRow>>
  readonly news: (most: number, after?: NewsCursor) => LogNews
  readonly places: () => ReadonlyArray<LogScope>
  readonly health: () => LogHealth
}

/** The log, and what its alarm does. */
export interface OpenedLog {
  readonly methods: LogObject
  /** Removes entries that are too old. */
  readonly expire: () => void
}

/** If the object is full, the share of a gateway's entries that is removed at once, and the most entries. */
const leaving = { share: 0.1, most: 500 }

/** How many gateways one alarm searches for entries that are too old. */
const expiringAtOnce = 100

/** Runs steps to their end: without a reading thread, none of them waits. */
const drained = <A>(steps: Waiting<A>): A => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Stores the limits of gateways, which analytics and the alarm do not bring along. */
const rememberLimits = (database: Database) => {
  database.exec(
    "CREATE TABLE IF NOT EXISTS kept (gateway TEXT PRIMARY KEY, limits TEXT NOT NULL) WITHOUT ROWID",
  )
  const write = database.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?)")
  const known = new Map<string, string>()
  for (const { gateway, limits } of database.prepare("SELECT gateway, limits FROM kept").all()) {
    known.set(String(gateway), String(limits))
  }
  return {
    learn: (limits: SentLimits): void => {
      for (const [gateway, now] of Object.entries(limits)) {
        const text = JSON.stringify(now)
        if (known.get(gateway) === text) continue
        known.set(gateway, text)
        write.run(gateway, text)
      }
    },
    of: (account: string, gateway: string): LogLimits | undefined => {
      const text = known.get(`${account}/${gateway}`)
      return text === undefined ? undefined : JSON.parse(text) as LogLimits | null ?? undefined
    },
  }
}

/**
 * Prepares the log in a database.
 *
 * @param size how many bytes it has
 * @param mostBytes beyond this size, the oldest entries of the gateway with the most entries are removed
 */
export const makeLogObject = (
  database: Database,
  wall: () => number,
  size: () => number,
  mostBytes: number,
): OpenedLog => {
  const kept = rememberLimits(database)
  const log: FileLog = makeFileLog(() => database, "BASEGATE_OBJECTS", kept.of, undefined, wall())
  const largest = database.prepare(
    "SELECT account, gateway, entries FROM scope WHERE entries > 0 ORDER BY entries DESC LIMIT 1",
  )
  const makeRoom = (): void => {
    while (size() > mostBytes) {
      const row = largest.get()
      if (row === undefined) return
      const scope = { account: String(row["account"]), gateway: String(row["gateway"]) }
      const most = Math.min(leaving.most, Math.ceil(Number(row["entries"]) * leaving.share))
      if (drained(log.remove({ scope, filters: [], descending: false }, most, wall())) === 0) return
    }
  }
  return {
    methods: {
      append: (entries, limits) => {
        kept.learn(limits)
        for (const { record, payloads } of entries) log.append(record, payloads, wall())
        drained(log.flush(wall()))
        const { pending } = log.health(wall())
        if (pending > 0) throw new Error(`${pending} entries could not be written`)
        makeRoom()
      },
      list: (query, limits) => {
        kept.learn(limits)
        return drained(log.list(query, wall()))
      },
      stretch: (selection, limit, limits, after) => {
        kept.learn(limits)
        return drained(log.stretch(selection, after, limit, wall()))
      },
      get: (scope, id, limits) => {
        kept.learn(limits)
        return drained(log.get(scope, id, wall()))
      },
      payload: (scope, id, which, limits) => {
        kept.learn(limits)
        return drained(log.payload(scope, id, which, wall()))
      },
      patch: (scope, id, patch, limits) => {
        kept.learn(limits)
        return drained(log.patch(scope, id, patch, wall()))
      },
      remove: (selection, limits, limit) => {
        kept.learn(limits)
        return drained(log.remove(selection, limit, wall()))
      },
      divided: (selection, divisions) => drained(log.divided(selection, divisions, wall())),
      news: (most, after) => drained(log.news(after, most, wall())),
      places: () => drained(log.places(wall())),
      health: () => log.health(wall()),
    },
    expire: () => {
      for (let gateways = 0; gateways < expiringAtOnce; gateways++) drained(log.flush(wall()))
    },
  }
}
