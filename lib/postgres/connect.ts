/**
 * Connections to Postgres, by `@effect/sql-pg`.
 *
 * @module
 */
import * as PgPool from "@effect/sql-pg/PgPool"
import type { PgConnection } from "@effect/sql-pg/PgConnection"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { noCompiling, type PostgresDatabase, PostgresProblem, type Query } from "./database.ts"

/** The time limit for making a connection, in milliseconds. */
const patience = 5000

/** How many statements may be in flight on a connection that runs them in order; further ones wait. */
const mostInFlight = 1000

/** How the database is used. */
export interface ConnectOptions {
  /** The most connections at once; 4 by default: one to write, and a few to read. */
  readonly connections?: number
  /** Pipelines statements over one connection, which runs them in order. */
  readonly inOrder?: boolean
  /** The time limit of a statement, in milliseconds, after which all connections are dropped; 30,000 by default. */
  readonly deadline?: number
}

const run = Effect.runPromiseWith(Context.empty())

/** The server's message is at the end of a chain of causes. */
const problemOf = (cause: unknown): PostgresProblem => {
  if (cause instanceof PostgresProblem) return cause
  const parts = cause as { readonly message?: string; readonly reason?: { readonly cause?: unknown } }
  const inner = parts?.reason?.cause as { readonly message?: string; readonly code?: string } | undefined
  const code = inner?.code
  const state = code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
  return new PostgresProblem(String(inner?.message ?? parts?.message ?? "no connection").slice(0, 300), state)
}

interface Opened {
  readonly pool: PgPool.PgPool
  readonly close: () => Promise<void>
}

/** Removes our own parameters, which clients do not know. */
const clientUrl = (url: Redacted.Redacted<string>): Redacted.Redacted<string> => {
  const cleared = new URL(Redacted.value(url))
  if (!cleared.searchParams.has("timeout")) return url
  cleared.searchParams.delete("timeout")
  return Redacted.make(cleared.href)
}

const open = async (
  url: Redacted.Redacted<string>,
  maxConnections: number,
  inOrder: boolean,
): Promise<Opened> => {
  const scope = Scope.makeUnsafe()
  const shared = inOrder ? { multiplex: true, multiplexConcurrency: mostInFlight } : {}
  const options = {
    url: clientUrl(url),
    maxConnections,
    connectTimeout: patience,
    applicationName: "basegate",
    ...shared,
  }
  const pool = await run(Effect.provideService(PgPool.make(options), Scope.Scope, scope))
  return { pool, close: () => run(Scope.close(scope, Exit.void)) }
}

/** The query of one connection. */
const queryOf = (connection: PgConnection): Query => async (sql, values = []) =>
  (await run(connection.query(sql, values, false))).rows

/** Makes a database of a URL. */
export const connectPostgres = (
  url: Redacted.Redacted<string>,
  { connections = 4, inOrder = false, deadline = 30_000 }: ConnectOptions = {},
): PostgresDatabase => {
  let opened: Promise<Opened> | undefined
  let isClosed = false

  const drop = (): Promise<void> => {
    const dropped = opened
    opened = undefined
    return dropped === undefined ? Promise.resolve() : dropped.then(({ close }) => close()).catch(() => {})
  }
  const connected = (): Promise<Opened> => {
    if (isClosed) return Promise.reject(new PostgresProblem("the connection is closed"))
    opened ??= open(url, inOrder ? 1 : connections, inOrder)
    return opened
  }
  /** Drops all connections if the server stops answering: nothing else would close them. */
  const within = async <A>(work: Promise<A>): Promise<A> => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        void drop()
        reject(new PostgresProblem(`no answer within ${deadline} ms`))
      }, deadline)
    })
    try {
      return await Promise.race([work, late])
    } catch (cause) {
      throw problemOf(cause)
    } finally {
      clearTimeout(timer)
      // After the deadline its outcome does not matter.
      work.catch(() => {})
    }
  }

  const transaction = async <A>(
    begin: ReadonlyArray<string>,
    work: (query: Query) => Promise<A>,
  ): Promise<A> => {
    const held = Scope.makeUnsafe()
    const { pool } = await within(connected())
    const connection = await within(run(Effect.provideService(pool.reserve, Scope.Scope, held)))
    const ask = queryOf(connection)
    const query: Query = (sql, values) => within(ask(sql, values))
    try {
      for (const statement of begin) await query(statement)
      const result = await work(query)
      await query("COMMIT")
      return result
    } catch (cause) {
      // Some failures have already ended the transaction or the connection.
      await query("ROLLBACK").catch(() => {})
      throw cause
    } finally {
      // Not awaited: a connection that has stopped answering is dropped elsewhere.
      void run(Scope.close(held, Exit.void)).catch(() => {})
    }
  }

  const once: Query = async (sql, values = []) => {
    const { pool } = await connected()
    return (await run(pool.use((connection) => connection.query(sql, values, false)))).rows
  }

  return {
    query: (sql, values) => within(once(sql, values)),
    patiently: (sql, values) =>
      once(sql, values).catch((cause: unknown) => {
        throw problemOf(cause)
      }),
    transaction: (work) => transaction(["BEGIN ISOLATION LEVEL READ COMMITTED"], work),
    snapshot: (work) => transaction(["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", noCompiling], work),
    reset: () => void drop(),
    close: async () => {
      isClosed = true
      // Does not wait for a server that does not answer.
      await Promise.race([drop(), new Promise((resolve) => setTimeout(resolve, 1000))])
    },
  }
}
