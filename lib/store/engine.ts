/**
 * The interface of stores across a network: Redis, Postgres, Durable Objects.
 *
 * @module
 */
import type { Charge, Lease, Take, Taken } from "./counted.ts"
import type { SpendQuery, SpentPage } from "./counter.ts"
import type { EngineValues } from "./remote-values.ts"

/** An engine's operations on counts. They reject if the engine refuses, or may not have been reached. */
export interface EngineCounts {
  /** The engine's time, as far as it is known. */
  readonly now: () => number
  readonly take: (takes: ReadonlyArray<Take>, lease: Lease | undefined) => Promise<Taken>
  /**
   * @param mark the charges are made once under this name; empty to make them with every call
   * @param lease the lease to release; empty for none
   */
  readonly settle: (mark: string, lease: string, charges: ReadonlyArray<Charge>) => Promise<void>
  readonly list: (query: SpendQuery) => Promise<SpentPage>
  /** Whether this is the first call with a key within `ttl` milliseconds. */
  readonly once: (key: string, ttl: number) => Promise<boolean>
}

/** An engine across a network. */
export interface Engine extends EngineCounts {
  /** Cached answers, if the engine keeps them; otherwise they stay in the memory of the process. */
  readonly values?: EngineValues
  /** In readable form, without credentials. */
  readonly name: string
  /** Whether it executes operations in the order of the calls. */
  readonly inOrder: boolean
  readonly ping: () => Promise<unknown>
  /** Describes a refusal by the engine; `undefined` if it did not answer. */
  readonly refusal: (cause: unknown) => string | undefined
  /** Drops a connection that has stopped answering. */
  readonly reset: () => void
  /** Closes it for good. */
  readonly close: () => void
}
