/**
 * The part of Postgres that the gateway uses.
 *
 * @module
 */

/** A row by its columns' names. */
export type Row = Readonly<Record<string, unknown>>

/** A value of a statement, whose type is given by a cast in the statement. */
export type Value = string | ReadonlyArray<string> | null

/** Runs one statement. Rejects with a `PostgresProblem`. */
export type Query = (sql: string, values?: ReadonlyArray<Value>) => Promise<ReadonlyArray<Row>>

/**
 * Switches JIT compilation off for the rest of a transaction: a statement over many days has expressions for each
 * day, which take longer to compile than the days take to read.
 */
export const noCompiling = "SET LOCAL jit = off"

/** A database, connected at its first use. Every method rejects with a `PostgresProblem`. */
export interface PostgresDatabase {
  /** Outside a transaction, on any of the connections. */
  readonly query: Query
  /** The same without a time limit, for statements that may take long. */
  readonly patiently: Query
  /** Runs something as one transaction. */
  readonly transaction: <A>(run: (query: Query) => Promise<A>) => Promise<A>
  /** Runs reads in one snapshot. */
  readonly snapshot: <A>(run: (query: Query) => Promise<A>) => Promise<A>
  /** Drops connections that have stopped answering; new ones are made on demand. */
  readonly reset: () => void
  /** Closes the connections. Does not reject. */
  readonly close: () => Promise<void>
}

/** Why a statement failed. */
export class PostgresProblem extends Error {
  /** The SQLSTATE of the server's answer; `undefined` if it did not answer. */
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.name = "PostgresProblem"
    this.code = code
  }

  /** Whether the statement was refused because of its data, and would be refused again. */
  get isOfData(): boolean {
    return /^(?:22|23)/.test(this.code ?? "")
  }

  /** Whether the server works, but refuses the statement itself. */
  get isRefusal(): boolean {
    return /^(?:0A|22|23|42|54)/.test(this.code ?? "")
  }

  /** Whether this user, or this server, may only read. */
  get isForbidden(): boolean {
    return this.code === "42501" || this.code === "25006"
  }

  /** Whether the same transaction may succeed if it is tried again at once. */
  get isPassing(): boolean {
    return /^(?:40|55P03)/.test(this.code ?? "")
  }
}

/** The message of a cause, for the operator. */
export const causeText = (cause: unknown): string => cause instanceof Error ? cause.message : "unknown"
