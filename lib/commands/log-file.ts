/**
 * Opens the file of the request log for reading, beside the gateway that writes it.
 *
 * @module
 */
import { statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import type { LogEntry, LogScope, Payload } from "../request-log/entry.ts"
import type { LogFilter } from "../request-log/query.ts"
import type { Database } from "../sqlite/database.ts"
import { makeReader } from "../request-log/sqlite/reader.ts"
import { checkFile } from "../request-log/sqlite/schema.ts"

/** An entry and its bodies. */
export interface FoundEntry {
  readonly entry: LogEntry
  readonly request: Payload | undefined
  readonly response: Payload | undefined
}

/** A snapshot of the log. */
export interface LogFile {
  /** The newest entries, of one gateway or of all, the newest last. */
  readonly newest: (
    scope: LogScope | undefined,
    filters: ReadonlyArray<LogFilter>,
    limit: number,
  ) => ReadonlyArray<LogEntry>
  readonly find: (scope: LogScope | undefined, id: string) => FoundEntry | undefined
}

/** Opens the log. Throws an `Error` that says why a file cannot be read as one. */
export const openLogFile = (file: string): LogFile => {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new Error(`there is no request log at ${file}: npm start writes one, BASEGATE_DB says where`)
  }
  try {
    const database = new DatabaseSync(file, { readOnly: true }) as unknown as Database
    database.exec("PRAGMA busy_timeout = 2000")
    return checkFile(database) ? { newest: () => [], find: () => undefined } : logIn(database)
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${cause instanceof Error ? cause.message : "unknown"}`)
  }
}

const logIn = (database: Database): LogFile => {
  const reader = makeReader(database)
  const scopes = (only: LogScope | undefined): ReadonlyArray<LogScope> =>
    only === undefined
      ? database.prepare("SELECT account, gateway FROM scope").all()
        .map(({ account, gateway }) => ({ account: String(account), gateway: String(gateway) }))
      : [only]
  return {
    newest: (only, filters, limit) => {
      const found = scopes(only).flatMap((scope) =>
        [...reader.ids({ scope, filters }, limit, 0)].flat().map((id) => ({ scope, id }))
      )
      // Ids are UUIDs of version 7: their order is that of time.
      found.sort((one, other) => one.id < other.id ? 1 : -1)
      return found.slice(0, limit).reverse()
        .map(({ scope, id }) => reader.get(scope, id, 0))
        .filter((entry) => entry !== undefined)
    },
    find: (only, id) => {
      for (const scope of scopes(only)) {
        const entry = reader.get(scope, id, 0)
        if (entry === undefined) continue
        const [request, response] = (["request", "response"] as const).map((which) =>
          reader.payload(scope, id, which, 0)
        )
        return { entry, request, response }
      }
      return undefined
    },
  }
}
