/**
 * The request log in Postgres, behind a queue in memory.
 *
 * The queue is a memory log of its own: while the database cannot be used, entries stay in it and questions are answered
 * from it. No call waits for the database.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import { causeText, PostgresProblem } from "../../postgres/database.ts"
import { warn } from "../../sqlite/warn.ts"
import type { LogPatch, LogScope, Payload, Payloads } from "../entry.ts"
import { type LogLimits, makeMemoryLog, type MemoryLogOptions } from "../memory/memory-log.ts"
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
import type { LogEntry } from "../entry.ts"
import type { PostgresLog } from "./engine.ts"

/** The most entries that are written in one transaction. */
const batch = 500

/** How long a database that failed is left alone, in milliseconds: twice as long each time, up to the last. */
const pauses = { first: 250, last: 5000 }

/** How often hours are merged and old days let go, in milliseconds. */
const maintained = 60_000

/** How long the database is waited for at the end, in milliseconds. */
const lastPatience = 3000

/** The default bounds of what waits: what some 20 seconds of 2,000 calls each leave. */
const usualBounds: MemoryLogOptions = { maxEntries: 50_000, maxBytes: 134_217_728 }

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
  /** Writes the queue; gives in how many milliseconds to try again, if some of it is left. */
  readonly flush: (now: number) => Promise<number | undefined>
  /** Writes the queue if that can be done soon, and closes the database. */
  readonly end: (now: number) => Promise<void>
}

/**
 * Makes the log; the database is loaded and connected to when there is something to write or to ask.
 *
 * @param name what the database is called for people, without credentials
 */
export const makeQueuedLog = (
  open: () => Promise<PostgresLog>,
  name: string,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
  bounds: MemoryLogOptions = usualBounds,
): QueuedLog => {
  // How many entries there may be is for the database to say; their age counts everywhere.
  const queue = makeMemoryLog((account, gateway) => {
    const limits = limitsOf(account, gateway)
    return limits && { ...limits, maxEntries: undefined }
  }, bounds)
  let log: PostgresLog | undefined
  let opening: Promise<PostgresLog> | undefined
  let flushing: Promise<boolean> | undefined
  let failures = 0
  let hasWorked = false
  let isToldOf = false
  let hasOverflowed = false
  let hasEnded = false
  let refused = 0
  let pause = pauses.first
  let pausedUntil = -Infinity
  let maintainedAt = -Infinity
  let maintaining: Promise<void> | undefined

  const opened = (): Promise<PostgresLog> => {
    opening ??= open().then(async (found) => {
      await found.prepare()
      return log = found
    })
    // The next use tries again.
    opening.catch(() => opening = undefined)
    return opening
  }
  const worked = (): void => {
    hasWorked = true
    failures = 0
    pause = pauses.first
    pausedUntil = -Infinity
    if (isToldOf) {
      warn("request log is written to its database again", { database: name, pending: queue.size() })
    }
    isToldOf = false
  }
  const failed = (cause: unknown): void => {
    failures++
    pausedUntil = performance.now() + pause
    pause = Math.min(2 * pause, pauses.last)
    if (isToldOf || hasEnded) return
    isToldOf = true
    const reason = cause instanceof Error ? cause.message : "unknown"
    warn("request log is kept in memory until its database can be used", { database: name, reason })
  }
  const isPaused = (): boolean => performance.now() < pausedUntil

  const writeAll = async (now: number): Promise<boolean> => {
    try {
      const engine = await opened()
      for (let left = queue.size(); left > 0 && queue.size() > 0;) {
        const some = queue.first(Math.min(left, batch))
        refused += await engine.write(some, now)
        for (const held of some) if (!held.gone) queue.release(held)
        left -= some.length
        worked()
      }
      return true
    } catch (cause) {
      failed(cause)
      return false
    }
  }
  /** Whether all that waited when this was called has been written. */
  const written = async (now: number): Promise<boolean> => {
    if (flushing !== undefined) await flushing
    if (queue.size() === 0) return true
    if (isPaused()) return false
    const begun = flushing ??= writeAll(now).finally(() => flushing = undefined)
    return await begun
  }
  /** From the database where all is in it, else from the queue. */
  const ask = async <A>(
    now: number,
    ofLog: (log: PostgresLog) => Promise<A>,
    ofQueue: () => A,
  ): Promise<A> => {
    if (isPaused() || !await written(now)) return ofQueue()
    try {
      const answer = await ofLog(await opened())
      worked()
      return answer
    } catch (cause) {
      // One question that it does not like says nothing of the next.
      if (cause instanceof PostgresProblem && !cause.isRefusal) failed(cause)
      else warn("request log cannot answer a question", { database: name, reason: causeText(cause) })
      return ofQueue()
    }
  }
  const oldestShown = ({ account, gateway }: LogScope, now: number): number =>
    now - (limitsOf(account, gateway)?.retention ?? Infinity)

  const maintain = (now: number): void => {
    if (log === undefined || maintaining !== undefined || performance.now() < maintainedAt + maintained) {
      return
    }
    maintainedAt = performance.now()
    maintaining = log.maintain(now).catch(() => {}).finally(() => maintaining = undefined)
  }

  return {
    append: (record, payloads, now) => {
      queue.append(record, payloads, now)
      if (hasOverflowed || queue.counts().evicted === 0) return
      hasOverflowed = true
      warn("request log gives up its oldest entries: its database does not take them fast enough", {
        database: name,
      })
    },
    list: (query, now) =>
      ask(now, (log) => log.list(query, oldestShown(query.scope, now)), () => queue.list(query, now)),
    stretch: (selection, after, limit, now) =>
      ask(
        now,
        (log) => log.stretch(selection, after, limit, oldestShown(selection.scope, now)),
        () => queue.stretch(selection, after, limit, now),
      ),
    get: (scope, id, now) =>
      ask(now, (log) => log.get(scope, id, oldestShown(scope, now)), () => queue.get(scope, id, now)),
    payload: (scope, id, which, now) =>
      ask(
        now,
        (log) => log.payload(scope, id, which, oldestShown(scope, now)),
        () => queue.payload(scope, id, which, now),
      ),
    patch: (scope, id, patch, now) =>
      ask(
        now,
        (log) => log.patch(scope, id, patch, oldestShown(scope, now)),
        () => queue.patch(scope, id, patch, now),
      ),
    remove: (selection, limit, now) =>
      ask(
        now,
        (log) => log.remove(selection, limit ?? Infinity, oldestShown(selection.scope, now)),
        () => queue.remove(selection, limit, now),
      ),
    divided: (selection, divisions, now) =>
      ask(
        now,
        (log) => log.divided(selection, divisions, (scope) => oldestShown(scope, now), now),
        () => queue.divided(selection, divisions, now),
      ),
    news: (after, most, now) =>
      ask(
        now,
        async (log) => {
          const { entries, end, skipped } = await log.after(after?.file, most)
          return { entries, cursor: { file: end, memory: queue.after(undefined, 0).end }, skipped }
        },
        () => {
          const { entries, end, skipped } = queue.after(after?.memory, most)
          return { entries, cursor: { file: after?.file ?? 0, memory: end }, skipped }
        },
      ),
    places: (now) => ask(now, (log) => log.places(), queue.places),
    health: async () => {
      let kept: number | undefined
      if (!isPaused()) {
        try {
          kept = await (await opened()).entries()
          hasWorked = true
        } catch (cause) {
          failed(cause)
        }
      }
      return {
        kind: kept === undefined ? "memory" : "postgres",
        healthy: kept !== undefined && failures === 0,
        hasWorked,
        entries: (kept ?? 0) + queue.size(),
        pending: queue.size(),
        dropped: queue.counts().evicted + refused,
      }
    },
    flush: async (now) => {
      const isDone = await written(now)
      maintain(now)
      return isDone && queue.size() === 0 ? undefined : Math.max(0, pausedUntil - performance.now())
    },
    end: async (now) => {
      hasEnded = true
      pausedUntil = -Infinity
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), lastPatience)
      })
      if (queue.size() > 0) await Promise.race([written(now), late])
      clearTimeout(timer)
      const entries = queue.size()
      if (entries > 0) {
        warn("request log loses entries: its database cannot be used", { database: name, entries })
      }
      await log?.close()
    },
  }
}
