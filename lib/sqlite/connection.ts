/**
 * A connection to the gateway's file, which is reopened after failures.
 *
 * @module
 */
import { warn } from "./warn.ts"
import type { Database, OpenDatabase } from "./database.ts"

/** Lock failures tolerated before warning. */
const patience = 3
/** How long to wait before reopening a file that failed, in milliseconds. */
const pause = 5000
/** How long to wait for a lock when closing, in milliseconds. */
const lastPatience = 2000

/** A file that is opened when possible; `now` is in milliseconds since 1970. */
export interface Connection<File> {
  /** The file; `undefined` while it cannot be used. */
  readonly file: (now: number) => File | undefined
  /** Must be called with whatever a use of the file threw: closes the file, which is reopened later. */
  readonly failed: (cause: unknown, now: number) => void
  /** Must be called after a successful use of the file. */
  readonly worked: () => void
  /** Whether it could be used at least once. */
  readonly hasOpened: () => boolean
  /** How often the file failed since it last worked. */
  readonly failures: () => number
  /** Whether an immediate retry is worthwhile. */
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

/** What is reported to the operator about a file. */
export interface Notices {
  /** It cannot be used. */
  readonly failed: string
  /** It can be used again. */
  readonly worked: string
}

/**
 * Creates the connection, without opening the file.
 *
 * @param prepare turns a database into what is used of it; if it throws, the file counts as unusable
 */
export const makeConnection = <File>(
  open: OpenDatabase,
  name: string,
  prepare: (database: Database) => File,
  notices: Notices,
): Connection<File> => {
  let database: Database | undefined
  let file: File | undefined
  let failures = 0
  let failedAt = -Infinity
  let hasWarned = false
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
    if (hasWarned) return
    hasWarned = true
    warn(notices.failed, { file: name, reason })
  }
  const opened = (now: number): File | undefined => {
    // A clock that was set back must not prolong the pause.
    const isPaused = now >= failedAt && now < failedAt + pause
    if (file !== undefined || hasEnded || isPaused) return file
    try {
      database = open(name)
      file = prepare(database)
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
      if (hasWarned) warn(notices.worked, { file: name })
      hasWarned = false
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
