/**
 * Opens the file of the request log for reading, while a gateway writes to it.
 *
 * @module
 */
import { statSync } from "node:fs"
import process from "node:process"
import type { LogEntry, LogScope, Payload } from "../request-log/entry.ts"
import type { LogFilter } from "../request-log/query.ts"
import type { AnalyticsQuery, AnalyticsRow } from "../request-log/analytics-query.ts"
import { analyticsReader } from "../request-log/sqlite/analytics-reader.ts"
import { makeReader } from "../request-log/sqlite/reader.ts"
import { checkFile, isOutdated } from "../request-log/sqlite/schema.ts"
import type { Database } from "../sqlite/database.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { CommandProblem } from "./command.ts"

/** An entry and its bodies. */
export interface FoundEntry {
  readonly entry: LogEntry
  readonly request: Payload | undefined
  readonly response: Payload | undefined
}

/** The entries to aggregate: those of a gateway, of an account, or all. */
export interface FiguresScope {
  readonly account?: string | undefined
  readonly gateway?: string | undefined
}

/** A snapshot of the log. */
export interface LogFile {
  /** The newest entries, of one gateway or of all, the newest last. */
  readonly newest: (
    scope: LogScope | undefined,
    filters: ReadonlyArray<LogFilter>,
    limit: number,
  ) => Awaitable<ReadonlyArray<LogEntry>>
  readonly find: (scope: LogScope | undefined, id: string) => Awaitable<FoundEntry | undefined>
  /** Figures of any gateways, which are named `{account_id}/{gateway_id}`. */
  readonly figures: (
    scope: FiguresScope,
    query: Omit<AnalyticsQuery, "account" | "gateway">,
  ) => Awaitable<ReadonlyArray<AnalyticsRow>>
  readonly close: () => Awaitable<void>
}

/** The default file of the log. */
export const usualLogFile = "basegate.db"

/**
 * The file or the database of the log: `BASEGATE_DB`, or the file that `basegate start` and `npm start` write by
 * default.
 */
export const logFileName = (env: Readonly<Record<string, string | undefined>>): string =>
  env["BASEGATE_DB"] || usualLogFile

interface Sqlite {
  readonly DatabaseSync: new (file: string, options: { readonly readOnly: true }) => Database
}

/** Looked up, since an import would fail on a Node without SQLite. */
const sqlite = (): Sqlite | undefined => {
  const builtin = process.getBuiltinModule as (name: string) => Sqlite | undefined
  const { emitWarning } = process
  // Suppresses Node's warning that its SQLite is experimental, which would be mixed with the output.
  process.emitWarning = () => {}
  try {
    return builtin("node:sqlite")
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Whether this runtime can read the file at all. */
export const hasSqlite = (): boolean => sqlite() !== undefined

/** Whether the file exists. */
const hasFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true

/** Opens the log. Throws a `CommandProblem` that says why a file cannot be read as one. */
export const openLogFile = (file: string): LogFile => {
  const found = sqlite()
  if (found === undefined) {
    throw new CommandProblem(
      "this Node has no SQLite to read the log with: use Node 22.13 or later, Bun or Deno",
    )
  }
  if (!hasFile(file)) {
    throw new CommandProblem(
      `there is no request log at ${file}: a gateway writes one once it has started, BASEGATE_DB says where`,
    )
  }
  try {
    const database = new found.DatabaseSync(file, { readOnly: true })
    database.exec("PRAGMA busy_timeout = 2000")
    if (checkFile(database)) {
      return {
        newest: () => [],
        find: () => undefined,
        figures: () => [],
        close: () => database.close(),
      }
    }
    if (isOutdated(database)) {
      throw new Error("an earlier basegate wrote it; start the gateway once, which brings it up to date")
    }
    return logIn(database)
  } catch (cause) {
    throw new CommandProblem(`${file} cannot be read: ${cause instanceof Error ? cause.message : "unknown"}`)
  }
}

/** Runs steps to their end. */
const finished = <A>(steps: Generator<void, A, void>): A => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

const logIn = (database: Database): LogFile => {
  const reader = makeReader(database)
  const analytics = analyticsReader(database)
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
      // Ids are UUIDs of version 7, which sort by time.
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
    figures: ({ account, gateway }, query) => {
      const accounts = new Set(scopes(undefined).map((scope) => scope.account))
      const shown = [...accounts].filter((id) => account === undefined || id === account).flatMap((id) =>
        reader.gateways(id).filter((one) => gateway === undefined || one.gateway === gateway)
          .map((one) => ({ ...one, gateway: `${id}/${one.gateway}`, since: 0 }))
      )
      return finished(analytics({ ...query, account: "" }, [query], shown, -Infinity))[0] ?? []
    },
    close: () => database.close(),
  }
}
