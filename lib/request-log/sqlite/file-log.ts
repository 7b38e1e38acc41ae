/**
 * The request log in a file, behind a queue in memory.
 *
 * The queue is a memory log of its own: while the file cannot be written or read, entries stay in it and queries are
 * answered from it.
 *
 * @module
 */
import type { LogEntry, LogScope } from "../entry.ts"
import { type LogLimits, makeMemoryLog, type MemoryLogOptions } from "../memory/memory-log.ts"
import { warn } from "../../sqlite/warn.ts"
import { makeConnection } from "../../sqlite/connection.ts"
import type { Database, OpenDatabase } from "../../sqlite/database.ts"
import type { FileLog } from "./file-log-shape.ts"
import { type AnswerQuestion, answers, type OpenThread } from "./questions.ts"
import { readInThread } from "./read-in-thread.ts"
import { type LogReader, makeReader } from "./reader.ts"
import type { Resumable } from "./resumable.ts"
import { prepareFile } from "./schema.ts"
import { type LogWriter, makeWriter } from "./writer.ts"

/** The time after which a slice of writing is committed, in milliseconds. */
const sliceTime = 3
/** The most entries in a slice of writing. */
const sliceLength = 128
/** The most entries that are deleted in one step. */
const removedAtOnce = 200

/** The open file; every method throws if SQLite fails. */
interface OpenLogFile {
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly answer: AnswerQuestion
}

const notices = {
  failed: "request log is kept in memory until its file can be used",
  worked: "request log is written to its file again",
}

// deno-lint-ignore require-yield
function* once<A>(answer: A): Resumable<A> {
  return answer
}

const recordText = ({ feedback: _, score: __, ...record }: LogEntry): string => JSON.stringify(record)

/** Creates the log of a file, and opens the file. */
export const makeFileLog = (
  open: OpenDatabase,
  name: string,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
  bounds: MemoryLogOptions | undefined,
  now: number,
  openThread: OpenThread = () => undefined,
): FileLog => {
  const prepare = (database: Database): OpenLogFile => {
    prepareFile(database)
    return {
      writer: makeWriter(database, limitsOf),
      reader: makeReader(database),
      answer: answers(database),
    }
  }
  const connection = makeConnection(open, name, prepare, notices)
  // The number of entries is limited in the file; their age is limited here, too.
  const queue = makeMemoryLog((account, gateway) => {
    const limits = limitsOf(account, gateway)
    return limits && { ...limits, maxEntries: undefined }
  }, bounds)
  const thread = openThread(name)
  const beside = readInThread(thread)
  let refused = 0
  let hasOverflowed = false

  /** The next use reopens the file, here and in the thread: it may have been replaced. */
  const failed = (cause: unknown, now: number): void => {
    connection.failed(cause, now)
    thread?.end()
  }

  /** Runs something on the file; returns `otherwise` if the file cannot be used or that fails. */
  const attempt = <A>(now: number, run: (file: OpenLogFile) => A, otherwise: A): A => {
    const file = connection.file(now)
    if (file === undefined) return otherwise
    try {
      return run(file)
    } catch (cause) {
      failed(cause, now)
      return otherwise
    }
  }
  const writeSlice = (now: number): number =>
    attempt(now, ({ writer }) => {
      const start = performance.now()
      const isTime = () => performance.now() - start > sliceTime
      const slice = writer.append(queue.first(sliceLength), now, isTime)
      for (const held of slice.done) queue.release(held)
      refused += slice.refused
      connection.worked()
      return slice.done.length
    }, 0)

  function* flush(now: number): Resumable<boolean> {
    for (let left = queue.size(); left > 0 && queue.size() > 0;) {
      const written = writeSlice(now)
      if (written === 0) return connection.isImpatient()
      left -= written
      yield
    }
    attempt(now, ({ writer }) => writer.expire(now), undefined)
    return false
  }
  /** Answers from the file if everything has been written to it, otherwise from the queue. */
  function* ask<A, Step>(
    now: number,
    ofFile: (file: OpenLogFile) => Generator<Step, A, void>,
    ofQueue: () => A,
  ): Generator<Step | void, A, void> {
    const failures = connection.failures()
    yield* flush(now)
    const file = connection.failures() > failures ? undefined : connection.file(now)
    if (file === undefined) return ofQueue()
    try {
      const answer = yield* ofFile(file)
      connection.worked()
      return answer
    } catch (cause) {
      failed(cause, now)
      return ofQueue()
    }
  }
  const oldestShown = ({ account, gateway }: LogScope, now: number): number =>
    now - (limitsOf(account, gateway)?.retention ?? Infinity)

  connection.file(now)
  return {
    append: (record, payloads, now) => {
      queue.append(record, payloads, now)
      if (hasOverflowed || queue.counts().evicted === 0) return
      hasOverflowed = true
      warn("request log drops its oldest entries: its file is too slow", { file: name })
    },
    list: (query, now) =>
      ask(
        now,
        ({ answer }) => beside(answer, { kind: "list", query, since: oldestShown(query.scope, now) }),
        () => queue.list(query, now),
      ),
    stretch: (selection, after, limit, now) =>
      ask(
        now,
        ({ answer }) => {
          const since = oldestShown(selection.scope, now)
          return beside(answer, { kind: "stretch", selection, after, limit, since })
        },
        () => queue.stretch(selection, after, limit, now),
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
        const { metadata } = patch
        writer.patch(id, patch, metadata && recordText({ ...entry, metadata }))
        return once(true)
      }, () => queue.patch(scope, id, patch, now)),
    remove: (selection, limit, now) =>
      ask(now, function* ({ reader, writer }) {
        let removed = 0
        for (const ids of reader.ids(selection, limit ?? Infinity, oldestShown(selection.scope, now))) {
          for (let index = 0; index < ids.length; index += removedAtOnce) {
            removed += writer.remove(ids.slice(index, index + removedAtOnce))
            yield
          }
          yield
        }
        return removed
      }, () => queue.remove(selection, limit, now)),
    divided: (selection, divisions, now) =>
      ask(now, ({ reader, answer }) => {
        const { account } = selection
        const gateways = reader.gateways(account).filter(({ gateway }) =>
          (selection.gateway ?? gateway) === gateway
        )
        const shown = gateways.map((found) => ({
          ...found,
          since: oldestShown({ account, gateway: found.gateway }, now),
        }))
        return beside(answer, { kind: "divided", selection, divisions, gateways: shown, now })
      }, () => queue.divided(selection, divisions, now)),
    news: (after, most, now) =>
      ask(
        now,
        ({ reader }) => {
          const { entries, end, skipped } = reader.after(after?.file, most)
          return once({ entries, cursor: { file: end, memory: queue.after(undefined, 0).end }, skipped })
        },
        () => {
          const { entries, end, skipped } = queue.after(after?.memory, most)
          return { entries, cursor: { file: after?.file ?? 0, memory: end }, skipped }
        },
      ),
    places: (now) => ask(now, ({ reader }) => once(reader.places()), queue.places),
    health: (now) => {
      const kept = attempt(now, ({ reader }) => reader.entries(), undefined)
      return {
        kind: kept === undefined ? "memory" : "sqlite",
        healthy: kept !== undefined && connection.failures() === 0,
        hasWorked: connection.hasOpened(),
        entries: (kept ?? 0) + queue.size(),
        pending: queue.size(),
        dropped: queue.counts().evicted + refused,
      }
    },
    flush,
    end: (now) => {
      connection.insist(now)
      for (const _ of flush(now));
      const entries = queue.size()
      if (entries > 0) warn("request log loses entries: its file cannot be used", { file: name, entries })
      connection.end()
      thread?.end()
    },
  }
}
