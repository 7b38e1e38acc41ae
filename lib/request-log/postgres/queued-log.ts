/**
 * The request log in Postgres, behind a queue in memory.
 *
 * The queue is a memory log of its own: while the database cannot be used, entries stay in it and queries are
 * answered from it. No call waits for the database.
 *
 * @module
 */
import { causeText, PostgresProblem } from "../../postgres/database.ts"
import { warn } from "../../sqlite/warn.ts"
import type { LogScope } from "../entry.ts"
import { type LogLimits, makeMemoryLog, type MemoryLogOptions } from "../memory/memory-log.ts"
import type { PostgresLog } from "./engine.ts"
import type { QueuedLog } from "./queued-log-shape.ts"

/** The most entries that are written in one transaction. */
const batch = 500

/** How long a database is left alone after it failed, in milliseconds: twice as long each time, up to `last`. */
const pauses = { first: 250, last: 5000 }

/** How often hours are merged and old days removed, in milliseconds. */
const maintained = 60_000

/** How long closing the log waits for the database, in milliseconds. */
const lastPatience = 3000

/** The default bounds of the queue: about 20 seconds of 2,000 calls each. */
const usualBounds: MemoryLogOptions = { maxEntries: 50_000, maxBytes: 134_217_728 }

/**
 * Creates the log. The database is loaded and connected when there is something to write or to read.
 *
 * @param name the database in readable form, without credentials
 */
export const makeQueuedLog = (
  open: () => Promise<PostgresLog>,
  name: string,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
  bounds: MemoryLogOptions = usualBounds,
): QueuedLog => {
  // The number of entries is limited in the database; their age is limited here, too.
  const queue = makeMemoryLog((account, gateway) => {
    const limits = limitsOf(account, gateway)
    return limits && { ...limits, maxEntries: undefined }
  }, bounds)
  let log: PostgresLog | undefined
  let opening: Promise<PostgresLog> | undefined
  let flushing: Promise<boolean> | undefined
  let failures = 0
  let hasWorked = false
  let hasWarned = false
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
    if (hasWarned) {
      warn("request log is written to its database again", { database: name, pending: queue.size() })
    }
    hasWarned = false
  }
  const failed = (cause: unknown): void => {
    failures++
    pausedUntil = performance.now() + pause
    pause = Math.min(2 * pause, pauses.last)
    if (hasWarned || hasEnded) return
    hasWarned = true
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
  /** Writes the queue; `false` if something that was in it when this was called could not be written. */
  const written = async (now: number): Promise<boolean> => {
    if (flushing !== undefined) await flushing
    if (queue.size() === 0) return true
    if (isPaused()) return false
    const begun = flushing ??= writeAll(now).finally(() => flushing = undefined)
    return await begun
  }
  /** Answers from the database if everything has been written to it, otherwise from the queue. */
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
      // A query that the database rejects says nothing about the next one.
      if (cause instanceof PostgresProblem && !cause.isRefusal) failed(cause)
      else warn("request log's database has rejected a query", { database: name, reason: causeText(cause) })
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
      warn("request log drops its oldest entries: its database is too slow", {
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
