/**
 * Keeps an entry of each request, to be asked about later.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RequestRecord } from "../telemetry/request-record.ts"
import type { LogEntry, LogScope, Payload, Payloads, Verdict } from "./entry.ts"
import type { AnalyticsQuery, AnalyticsRow, LogHealth, LogPage, LogQuery, LogSelection } from "./query.ts"

/** What can be changed of an entry; what is left out stays. */
export interface LogPatch extends Partial<Verdict> {
  readonly metadata?: RequestRecord["metadata"]
}

/**
 * The log of every gateway. No method fails: a log that cannot write keeps what it can in memory, counts what
 * it gives up, and warns once.
 */
export class RequestLog extends Context.Service<RequestLog, {
  /** Takes an entry. Never waits: what a slow store cannot take is dropped and counted. */
  readonly append: (record: RequestRecord, payloads: Payloads | undefined) => Effect.Effect<void>
  readonly list: (query: LogQuery) => Effect.Effect<LogPage>
  readonly get: (scope: LogScope, id: string) => Effect.Effect<LogEntry | undefined>
  /** A body of an entry; nothing where it was not kept, or there is no such entry. */
  readonly payload: (
    scope: LogScope,
    id: string,
    which: keyof Payloads,
  ) => Effect.Effect<Payload | undefined>
  /** Changes an entry; `false` where there is none. */
  readonly patch: (scope: LogScope, id: string, patch: LogPatch) => Effect.Effect<boolean>
  /** Deletes the first `limit` entries of a selection, in its order; all of them where no limit is given. */
  readonly remove: (selection: LogSelection, limit: number | undefined) => Effect.Effect<number>
  /** Figures by time bucket and group, in the order of time. */
  readonly analytics: (query: AnalyticsQuery) => Effect.Effect<ReadonlyArray<AnalyticsRow>>
  readonly health: Effect.Effect<LogHealth>
  /** Writes what waits to be written. */
  readonly flush: Effect.Effect<void>
}>()("basegate/log/RequestLog") {}
