/**
 * Keeps an entry of each request, for the management API to read.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../config/Settings.ts"
import type { RequestRecord } from "../record/request-record.ts"
import type { LogEntry, LogPatch, LogScope, Payload, Payloads } from "./entry.ts"
import { makeMemoryLog, type MemoryLogOptions } from "./memory/memory-log.ts"
import { warn } from "../sqlite/warn.ts"
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
} from "./query.ts"
import type {
  AnalyticsDivision,
  AnalyticsQuery,
  AnalyticsRow,
  AnalyticsSelection,
} from "./analytics-query.ts"

/** What `RequestLog` does. */
export interface RequestLogShape {
  /**
   * Adds an entry. Entries that a slow store cannot keep up with are dropped and counted.
   *
   * @returns a promise if the platform must wait (`waitUntil`), or else the entry is lost; the client does not wait
   * for it
   */
  readonly append: (record: RequestRecord, payloads: Payloads | undefined) => void | Promise<void>
  readonly list: (query: LogQuery) => Effect.Effect<LogPage>
  /**
   * The entries of a selection in chronological order, one stretch at a time: a stretch begins where the last one ended,
   * since skipping a million entries takes as long as reading them.
   *
   * @param after where the last stretch ended; `undefined` for the first one
   * @param limit the most entries
   */
  readonly stretch: (
    selection: TimeSelection,
    after: LogCursor | undefined,
    limit: number,
  ) => Effect.Effect<LogStretch>
  readonly get: (scope: LogScope, id: string) => Effect.Effect<LogEntry | undefined>
  /** A body of an entry; `undefined` if it was not stored, or there is no such entry. */
  readonly payload: (
    scope: LogScope,
    id: string,
    which: keyof Payloads,
  ) => Effect.Effect<Payload | undefined>
  /** Changes an entry; `false` if there is no such entry. */
  readonly patch: (scope: LogScope, id: string, patch: LogPatch) => Effect.Effect<boolean>
  /** Deletes the first `limit` entries of a selection, in its order; all of them without a limit. */
  readonly remove: (selection: LogSelection, limit: number | undefined) => Effect.Effect<number>
  /** Aggregates by time bucket and group, in chronological order. */
  readonly analytics: (query: AnalyticsQuery) => Effect.Effect<ReadonlyArray<AnalyticsRow>>
  /**
   * The aggregates of one selection, divided in several ways, in one pass over the entries; each result is that of
   * `analytics`. If the log can, all of them are from the same snapshot.
   */
  readonly divided: (
    selection: AnalyticsSelection,
    divisions: ReadonlyArray<AnalyticsDivision>,
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<AnalyticsRow>>>
  /**
   * The entries of all gateways that were added after a cursor: the newest `most` of them, in the order in which they
   * ended.
   *
   * @param after `undefined` returns no entries, only the cursor to continue from
   */
  readonly news: (after: NewsCursor | undefined, most: number) => Effect.Effect<LogNews>
  /** The gateways that have entries. */
  readonly places: Effect.Effect<ReadonlyArray<LogScope>>
  readonly health: Effect.Effect<LogHealth>
  /** Writes the queued entries. */
  readonly flush: Effect.Effect<void>
}

const RequestLogKey: Context.ServiceClass<RequestLog, "basegate/request-log/RequestLog", RequestLogShape> =
  Context
    .Service<RequestLog, RequestLogShape>()("basegate/request-log/RequestLog")

/**
 * The log of all gateways. No method fails: a log that cannot write keeps as many entries as it can in memory, counts those
 * that it drops, and warns once.
 */
export class RequestLog extends RequestLogKey {
  /**
   * In memory, bounded; lost when the process ends.
   *
   * @param whyNoFile why there is no file, for an operator who set one (`BASEGATE_DB`)
   */
  static readonly layerMemory = (
    { whyNoFile, ...options }: MemoryLogOptions & { readonly whyNoFile?: string } = {},
  ): Layer.Layer<RequestLog, never, Settings> =>
    Layer.effect(
      RequestLog,
      Effect.gen(function* () {
        const settings = yield* Settings
        const clock = yield* Clock.Clock
        const isElsewhere = settings.logFile !== undefined || settings.database !== undefined
        if (whyNoFile !== undefined && isElsewhere) {
          warn(`request log is kept in memory: ${whyNoFile}`)
        }
        const log = makeMemoryLog((account, gateway) => settings.gateway(account, gateway)?.log, options)
        const at = <A>(use: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, use)
        return RequestLog.of({
          append: (record, payloads) => log.append(record, payloads, clock.currentTimeMillisUnsafe()),
          list: (query) => at((now) => log.list(query, now)),
          stretch: (selection, after, limit) => at((now) => log.stretch(selection, after, limit, now)),
          get: (scope, id) => at((now) => log.get(scope, id, now)),
          payload: (scope, id, which) => at((now) => log.payload(scope, id, which, now)),
          patch: (scope, id, patch) => at((now) => log.patch(scope, id, patch, now)),
          remove: (selection, limit) => at((now) => log.remove(selection, limit, now)),
          analytics: (query) => at((now) => log.analytics(query, now)),
          divided: (selection, divisions) => at((now) => log.divided(selection, divisions, now)),
          news: (after, most) =>
            Effect.sync(() => {
              const { entries, end, skipped } = log.after(after?.memory, most)
              return { entries, cursor: { file: 0, memory: end }, skipped }
            }),
          places: Effect.sync(log.places),
          health: Effect.sync(() => ({
            kind: "memory",
            healthy: !isElsewhere,
            hasWorked: !isElsewhere,
            entries: log.size(),
            pending: 0,
            dropped: log.counts().refused,
          })),
          flush: Effect.void,
        })
      }),
    )
}
