/**
 * Opens the request log in a Postgres for reading, while gateways write to it.
 *
 * @module
 */
import { isDatabase, shownDatabase } from "../config/database-settings.ts"
import { loadPostgres } from "../runtime/lazy-postgres.ts"
import { CommandProblem, Misuse } from "./command.ts"
import type { LogFile } from "./log-file.ts"

/** Whether a text names a database rather than a file. */
export const isDatabaseUrl = (text: string): boolean => /^postgres(?:ql)?:\/\//i.test(text)

/** Opens the log. Its methods reject with a `CommandProblem` that says why it cannot be read. */
export const openLogDatabase = async (url: string): Promise<LogFile> => {
  if (!isDatabase(url)) throw new Misuse("a database is named as postgres://user:password@host/database")
  const log = (await loadPostgres()).openPostgresLog(url, () => undefined)
  const read = async <A>(ask: () => Promise<A>): Promise<A> => {
    try {
      return await ask()
    } catch (cause) {
      // Open connections would keep the command running.
      await log.close()
      throw new CommandProblem(
        `${shownDatabase(url)} cannot be read: ${cause instanceof Error ? cause.message : "unknown"}`,
      )
    }
  }
  if (!await read(log.exists)) {
    await log.close()
    throw new CommandProblem(
      `there is no request log in ${shownDatabase(url)}: a gateway with this BASEGATE_DB writes one`,
    )
  }
  const scopes = async (only: Parameters<LogFile["newest"]>[0]) =>
    only === undefined ? await log.places() : [only]
  return {
    newest: (only, filters, limit) =>
      read(async () => {
        const found = await Promise.all((await scopes(only)).map(async (scope) =>
          (await log.stretch({ scope, filters, descending: true }, undefined, limit, -Infinity)).entries
        ))
        return found.flat().sort((one, other) =>
          one.request_id < other.request_id ? 1 : -1
        )
          .slice(0, limit).reverse()
      }),
    find: (only, id) =>
      read(async () => {
        for (const scope of await scopes(only)) {
          const entry = await log.get(scope, id, -Infinity)
          if (entry === undefined) continue
          const [request, response] = await Promise.all(
            (["request", "response"] as const).map((which) => log.payload(scope, id, which, -Infinity)),
          )
          return { entry, request, response }
        }
        return undefined
      }),
    figures: (scope, query) => read(() => log.figures(scope, query)),
    close: log.close,
  }
}
