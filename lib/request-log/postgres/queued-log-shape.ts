/**
 * The interface of the request log in Postgres.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import type { AnalyticsDivision, AnalyticsRow, AnalyticsSelection } from "../analytics-query.ts"
import type { LogEntry, LogPatch, LogScope, Payload, Payloads } from "../entry.ts"
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
} from "../query.ts"

/** The log; see `RequestLog` for what its methods promise. `now` is in milliseconds since 1970. Nothing rejects. */
export interface QueuedLog {
  readonly append: (record: RequestRecord, payloads: Payloads | undefined, now: number) => void
  readonly list: (query: LogQuery, now: number) => Promise<LogPage>
  readonly stretch: (
    selection: TimeSelection,
    after: LogCursor | undefined,
    limit: number,
    now: number,
  ) => Promise<LogStretch>
  readonly get: (scope: LogScope, id: string, now: number) => Promise<LogEntry | undefined>
  readonly payload: (
    scope: LogScope,
    id: string,
    which: keyof Payloads,
    now: number,
  ) => Promise<Payload | undefined>
  readonly patch: (scope: LogScope, id: string, patch: LogPatch, now: number) => Promise<boolean>
  readonly remove: (selection: LogSelection, limit: number | undefined, now: number) => Promise<number>
  readonly divided: (
    selection: AnalyticsSelection,
    divisions: ReadonlyArray<AnalyticsDivision>,
    now: number,
  ) => Promise<ReadonlyArray<ReadonlyArray<AnalyticsRow>>>
  readonly news: (after: NewsCursor | undefined, most: number, now: number) => Promise<LogNews>
  readonly places: (now: number) => Promise<ReadonlyArray<LogScope>>
  readonly health: () => Promise<LogHealth>
  /** Writes the queue. Returns in how many milliseconds to try again, if some of it is left. */
  readonly flush: (now: number) => Promise<number | undefined>
  /** Writes the queue if that can be done soon, and closes the database. */
  readonly end: (now: number) => Promise<void>
}
