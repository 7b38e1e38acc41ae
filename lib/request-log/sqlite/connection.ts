/**
 * The connection to the log's file, which is reopened after failures.
 *
 * @module
 */
import type { Limits } from "../memory/memory-log.ts"
import { warn } from "../warn.ts"
import { analyticsReader } from "./analytics-reader.ts"
import type { Database, OpenDatabase } from "../../sqlite/database.ts"
import { type LogReader, makeReader } from "./reader.ts"
import { prepareFile } from "./schema.ts"
import { type LogWriter, makeWriter } from "./writer.ts"

/** Lock failures tolerated before warning. */
const patience = 3
/** How long a file that failed is left alone, in milliseconds. */
const pause = 5000
/** How long to wait for a lock when closing, in milliseconds. */
const lastPatience = 2000

/** The open file; every method throws if SQLite fails. */
export interface OpenLogFile {
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly analytics: ReturnType<typeof analyticsReader>
}

/** A file that is opened when possible; `now` is in milliseconds since 1970. */
export interface Connection {
  /** The file; `undefined` while it cannot be used. */
  readonly file: (now: number) => OpenLogFile | undefined
  /** Call it with whatever a use of the file threw: closes the file, which is reopened later. */
  readonly failed: (cause: unknown, now: number) => void
  /** Call it after a successful use of the file. */
  readonly worked: () => void
  /** Whether it could be used at least once. */
  readonly hasOpened: () => boolean
  /** How often the file failed since it last worked. */
  readonly failures: () => number
  /** Whether it is worth trying again at once. */
  readonly isImpatient: () => boolean
  /** Gives the file a last chance, however it failed before. */
  readonly insist: (now: number) => void
  /** Closes the file for good. */
  readonly end: () => void
}

const close = (database: Database | undefined): void => {
  try {
    database?.close()
  } catch { /* it has failed before */ }
}

/** Makes the connection; nothing is opened yet. */
export const makeConnection = (
  open: OpenDatabase,
  name: string,
  limitsOf: (account: string, gateway: string) => Limits | undefined,
): Connection => {
  let database: Database | undefined
  let file: OpenLogFile | undefined
  let failures = 0
  let failedAt = -Infinity
  let isToldOf = false
  let hasOpened = false
  let hasEnded = false

  const shut = (): void => {
    close(database)
    database = undefined
    file = undefined
  }
  const failed = (cause: unknown, now: number): void => {
    const reason = cause instanceof Error ? cause.message : "unknown"
    shut()
    failures++
    if (failures < patience && /locked|busy/i.test(reason)) return
    failedAt = now
    if (isToldOf) return
    isToldOf = true
    warn("request log is kept in memory until its file can be used", { file: name, reason })
  }
  const opened = (now: number): OpenLogFile | undefined => {
    // A clock that was set back must not leave it alone for longer.
    const isPaused = now >= failedAt && now < failedAt + pause
    if (file !== undefined || hasEnded || isPaused) return file
    try {
      database = open(name)
      prepareFile(database)
      file = {
        writer: makeWriter(database, limitsOf),
        reader: makeReader(database),
        analytics: analyticsReader(database),
      }
      hasOpened = true
    } catch (cause) {
      failed(cause, now)
    }
    return file
  }
  return {
    file: opened,
    failed,
    worked: () => {
      if (isToldOf) warn("request log is written to its file again", { file: name })
      isToldOf = false
      failures = 0
    },
    hasOpened: () => hasOpened,
    failures: () => failures,
    isImpatient: () => failures > 0 && failures < patience,
    insist: (now) => {
      failedAt = -Infinity
      if (opened(now) !== undefined) database?.exec(`PRAGMA busy_timeout = ${lastPatience}`)
    },
    end: () => {
      hasEnded = true
      shut()
    },
  }
}
