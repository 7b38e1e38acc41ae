/**
 * The part of Postgres that the gateway uses.
 *
 * @module
 */

/** A row by its columns' names. */
export type Row = Readonly<Record<string, unknown>>

/** A value of a statement; a cast in the statement gives its type. */
export type Value = string | ReadonlyArray<string> | null

/** Runs one statement. Rejects with a `PostgresProblem`. */
export type Query = (sql: string, values?: ReadonlyArray<Value>) => Promise<ReadonlyArray<Row>>

/**
 * For the rest of a transaction: a statement over many days has an expression for each of them, and to compile them takes
 * longer than to read the days.
 */
export const noCompiling = "SET LOCAL jit = off"

/** A database that is connected to when it is first asked. Everything rejects with a `PostgresProblem`. */
export interface PostgresDatabase {
  /** Outside a transaction, on any of the connections. */
  readonly query: Query
  /** The same for what may take its time: it is waited for as long as the connection lasts. */
  readonly patiently: Query
  /** Does all of something or nothing. */
  readonly transaction: <A>(run: (query: Query) => Promise<A>) => Promise<A>
  /** Reads, all of it as of one moment. */
  readonly snapshot: <A>(run: (query: Query) => Promise<A>) => Promise<A>
  /** Drops connections that have stopped answering; new ones are made on demand. */
  readonly reset: () => void
  /** Ends the connections. Does not reject. */
  readonly close: () => Promise<void>
}

/** Why Postgres did not do what it was asked. */
export class PostgresProblem extends Error {
  /** The SQLSTATE that the server answered; `undefined` if it did not answer. */
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.name = "PostgresProblem"
    this.code = code
  }

  /** Whether the statement was refused for what it holds, so that it would be refused again. */
  get isOfData(): boolean {
    return /^(?:22|23)/.test(this.code ?? "")
  }

  /** Whether the server works, but did not like the question. */
  get isRefusal(): boolean {
    return /^(?:0A|22|23|42|54)/.test(this.code ?? "")
  }

  /** Whether this user, or this server, may read and not write. */
  get isForbidden(): boolean {
    return this.code === "42501" || this.code === "25006"
  }

  /** Whether the same transaction may pass when it is tried again at once. */
  get isPassing(): boolean {
    return /^(?:40|55P03)/.test(this.code ?? "")
  }
}

/** What a cause says, for the operator. */
export const causeText = (cause: unknown): string => cause instanceof Error ? cause.message : "unknown"
