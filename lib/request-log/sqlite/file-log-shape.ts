/**
 * The interface of the log in a file, whose work is done in steps.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
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
import type { AnalyticsDivision, AnalyticsRow, AnalyticsSelection } from "../analytics-query.ts"
import type { Resumable } from "./resumable.ts"

/** Work in steps, some of which have to be awaited. */
export type Waiting<A> = Generator<void | Promise<void>, A, void>

/** The log; see `RequestLog` for what its methods promise. `now` is in milliseconds since 1970. */
export interface FileLog {
  readonly append: (record: RequestRecord, payloads: Payloads | undefined, now: number) => void
  readonly list: (query: LogQuery, now: number) => Waiting<LogPage>
  readonly stretch: (
    selection: TimeSelection,
    after: LogCursor | undefined,
    limit: number,
    now: number,
  ) => Waiting<LogStretch>
  readonly get: (scope: LogScope, id: string, now: number) => Resumable<LogEntry | undefined>
  readonly payload: (
    scope: LogScope,
    id: string,
    which: keyof Payloads,
    now: number,
  ) => Resumable<Payload | undefined>
  readonly patch: (scope: LogScope, id: string, patch: LogPatch, now: number) => Resumable<boolean>
  readonly remove: (selection: LogSelection, limit: number | undefined, now: number) => Resumable<number>
  readonly divided: (
    selection: AnalyticsSelection,
    divisions: ReadonlyArray<AnalyticsDivision>,
    now: number,
  ) => Waiting<ReadonlyArray<ReadonlyArray<AnalyticsRow>>>
  readonly news: (after: NewsCursor | undefined, most: number, now: number) => Resumable<LogNews>
  readonly places: (now: number) => Resumable<ReadonlyArray<LogScope>>
  readonly health: (now: number) => LogHealth
  /** Writes the queue; returns whether to try again soon. */
  readonly flush: (now: number) => Resumable<boolean>
  /** Writes the queue at once, and closes the file. */
  readonly end: (now: number) => void
}
