/**
 * The request log in a file, behind a queue in memory.
 *
 * The queue is a memory log of its own: where the file cannot be written or read, entries stay in it and questions are
 * answered from it, until the file can be used again.
 *
 * @module
 */
import type { RequestRecord } from "../../telemetry/request-record.ts"
import type { LogEntry, LogScope, Payload, Payloads } from "../entry.ts"
import { type Limits, makeMemoryLog, type MemoryLogOptions } from "../memory-log.ts"
import type { AnalyticsQuery, AnalyticsRow, LogHealth, LogPage, LogQuery, LogSelection } from "../query.ts"
import type { LogPatch } from "../RequestLog.ts"
import { warn } from "../warn.ts"
import { analyticsReader } from "./analytics-reader.ts"
import type { Database, OpenDatabase } from "./database.ts"
import { type LogReader, makeReader } from "./reader.ts"
import { prepareFile } from "./schema.ts"
import type { Steps } from "./slices.ts"
import { type LogWriter, makeWriter } from "./writer.ts"

/** How long a slice of writing may take, in milliseconds, before it is committed. */
const sliceTime = 3
/** The most entries that are written at once, whatever the time. */
const sliceLength = 256
/** How many entries are deleted at once. */
const removedAtOnce = 200
/** A lock that another process holds is met this many times before the operator hears of it. */
const patience = 3
/** How long a lock is waited for at the end, in milliseconds. */
const lastPatience = 2000
/** How long a file that failed is left alone, in milliseconds. */
const pause = 5000

interface Opened {
  readonly database: Database
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly analytics: ReturnType<typeof analyticsReader>
}

/** The log; see `RequestLog` for what its methods promise. `now` is in milliseconds since 1970. */
export interface FileLog {
  readonly append: (record: RequestRecord, payloads: Payloads | undefined, now: number) => void
  readonly list: (query: LogQuery, now: number) => Steps<LogPage>
  readonly get: (scope: LogScope, id: string, now: number) => Steps<LogEntry | undefined>
  readonly payload: (
    scope: LogScope,
    id: string,
    which: keyof Payloads,
    now: number,
  ) => Steps<Payload | undefined>
  readonly patch: (scope: LogScope, id: string, patch: LogPatch, now: number) => Steps<boolean>
  readonly remove: (selection: LogSelection, limit: number | undefined, now: number) => Steps<number>
  readonly analytics: (query: AnalyticsQuery, now: number) => Steps<ReadonlyArray<AnalyticsRow>>
  readonly health: (now: number) => LogHealth
  /** Writes what waits; gives whether it should soon be tried again. */
  readonly flush: (now: number) => Steps<boolean>
  /** Writes what waits, at once, and closes the file. */
  readonly end: (now: number) => void
}

const shut = (database: Database | undefined): void => {
  try {
    database?.close()
  } catch { /* it failed before */ }
}

/** Makes the log of a file, and opens it. */
export const makeFileLog = (
  open: OpenDatabase,
  file: string,
  limitsOf: (account: string, gateway: string) => Limits | undefined,
  options: MemoryLogOptions | undefined,
  now: number,
): FileLog => {
  // How many entries there may be is for the file to say; their age counts everywhere.
  const queue = makeMemoryLog((account, gateway) => {
    const limits = limitsOf(account, gateway)
    return limits && { ...limits, maxEntries: undefined }
  }, options)
  let opened: Opened | undefined
  let failures = 0
  let pausedUntil = -Infinity
  let isToldOf = false
  let hasEnded = false
  let refused = 0
  let hasOverflowed = false

  const close = (): void => {
    shut(opened?.database)
    opened = undefined
  }
  const failed = (cause: unknown, now: number): void => {
    const reason = cause instanceof Error ? cause.message : "unknown"
    close()
    failures++
    if (failures < patience && /locked|busy/i.test(reason)) return
    pausedUntil = now + pause
    if (isToldOf) return
    isToldOf = true
    warn("request log is kept in memory until its file can be used", { file, reason })
  }
  const works = (): void => {
    if (isToldOf) warn("request log is written to its file again", { file })
    isToldOf = false
    failures = 0
    pausedUntil = -Infinity
  }
  const isOpen = (now: number): Opened | undefined => {
    if (opened !== undefined || hasEnded || now < pausedUntil) return opened
    let database: Database | undefined
    try {
      database = open(file)
      prepareFile(database)
      opened = {
        database,
        writer: makeWriter(database, limitsOf),
        reader: makeReader(database),
        analytics: analyticsReader(database),
      }
    } catch (cause) {
      shut(database)
      failed(cause, now)
    }
    return opened
  }

  const writeSlice = (now: number): number => {
    const entries = queue.first(sliceLength)
    const file = entries.length === 0 ? undefined : isOpen(now)
    if (file === undefined) return 0
    try {
      const start = performance.now()
      const slice = file.writer.append(entries, now, () => performance.now() - start > sliceTime)
      for (const held of slice.done) queue.release(held)
      refused += slice.refused
      works()
      return slice.done.length
    } catch (cause) {
      failed(cause, now)
      return 0
    }
  }
  function* flush(now: number): Steps<boolean> {
    for (let left = queue.size(); left > 0;) {
      const written = writeSlice(now)
      if (written === 0) return failures > 0 && failures < patience
      left -= written
      yield
    }
    try {
      opened?.writer.expire(now)
    } catch (cause) {
      failed(cause, now)
    }
    return false
  }
  /** From the file where all is in it, else from the queue. */
  function* ask<A>(now: number, ofFile: (file: Opened) => Steps<A>, ofQueue: () => A): Steps<A> {
    const before = failures
    yield* flush(now)
    const file = failures > before ? undefined : isOpen(now)
    if (file === undefined) return ofQueue()
    try {
      const answer = yield* ofFile(file)
      works()
      return answer
    } catch (cause) {
      failed(cause, now)
      return ofQueue()
    }
  }
  const oldestShown = ({ account, gateway }: LogScope, now: number): number =>
    now - (limitsOf(account, gateway)?.retention ?? Infinity)
  // deno-lint-ignore require-yield
  function* once<A>(value: A): Steps<A> {
    return value
  }

  isOpen(now)
  return {
    append: (record, payloads, now) => {
      queue.append(record, payloads, now)
      if (hasOverflowed || queue.counts().evicted === 0) return
      hasOverflowed = true
      warn("request log gives up its oldest entries: its file does not take them fast enough", { file })
    },
    list: (query, now) =>
      ask(
        now,
        ({ reader }) => reader.list(query, oldestShown(query.scope, now)),
        () => queue.list(query, now),
      ),
    get: (scope, id, now) =>
      ask(
        now,
        ({ reader }) => once(reader.get(scope, id, oldestShown(scope, now))),
        () => queue.get(scope, id, now),
      ),
    payload: (scope, id, which, now) =>
      ask(
        now,
        ({ reader }) => once(reader.payload(scope, id, which, oldestShown(scope, now))),
        () => queue.payload(scope, id, which, now),
      ),
    patch: (scope, id, patch, now) =>
      ask(now, ({ reader, writer }) => {
        const entry = reader.get(scope, id, oldestShown(scope, now))
        if (entry === undefined) return once(false)
        const { feedback: _, score: __, ...record } = entry
        writer.patch(id, patch, patch.metadata && JSON.stringify({ ...record, metadata: patch.metadata }))
        return once(true)
      }, () => queue.patch(scope, id, patch, now)),
    remove: (selection, limit = Infinity, now) =>
      ask(now, function* ({ reader, writer }) {
        let removed = 0
        for (const ids of reader.ids(selection, limit, oldestShown(selection.scope, now))) {
          for (let index = 0; index < ids.length; index += removedAtOnce) {
            removed += writer.remove(ids.slice(index, index + removedAtOnce))
            yield
          }
          yield
        }
        return removed
      }, () => queue.remove(selection, limit === Infinity ? undefined : limit, now)),
    analytics: (query, now) =>
      ask(now, ({ reader, analytics }) => {
        const gateways = reader.gateways(query.account)
          .filter(({ gateway }) => (query.gateway ?? gateway) === gateway)
          .map(({ scope, gateway }) => ({
            scope,
            gateway,
            since: oldestShown({ account: query.account, gateway }, now),
          }))
        return analytics(query, gateways)
      }, () => queue.analytics(query, now)),
    health: (now) => {
      let kept = 0
      const file = isOpen(now)
      try {
        kept = file?.reader.entries() ?? 0
      } catch (cause) {
        failed(cause, now)
      }
      return {
        kind: opened === undefined ? "memory" : "sqlite",
        healthy: opened !== undefined && failures === 0,
        entries: kept + queue.size(),
        pending: queue.size(),
        dropped: queue.counts().evicted + refused,
      }
    },
    flush,
    end: (now) => {
      pausedUntil = -Infinity
      try {
        isOpen(now)?.database.exec(`PRAGMA busy_timeout = ${lastPatience}`)
      } catch { /* writing tells */ }
      for (const _ of flush(now));
      if (queue.size() > 0) {
        warn("request log loses entries: its file cannot be used", { file, entries: queue.size() })
      }
      hasEnded = true
      close()
    },
  }
}
