/**
 * What counts across a network: Redis, Postgres, Durable Objects.
 *
 * @module
 */
import type { Charge, Lease, Take, Taken } from "./counted.ts"
import type { SpendQuery, SpentPage } from "./counter.ts"
import type { EngineValues } from "./remote-values.ts"

/** What an engine does with counts; all of it rejects if the engine refuses it, or may not have been asked. */
export interface EngineCounts {
  /** The engine's time as far as it is known. */
  readonly now: () => number
  readonly take: (takes: ReadonlyArray<Take>, lease: Lease | undefined) => Promise<Taken>
  /**
   * @param mark done once under this name; empty for as often as it is called
   * @param lease what it holds is released; empty for none
   */
  readonly settle: (mark: string, lease: string, charges: ReadonlyArray<Charge>) => Promise<void>
  readonly list: (query: SpendQuery) => Promise<SpentPage>
  /** Whether a key is marked for the first time in `ttl` milliseconds. */
  readonly once: (key: string, ttl: number) => Promise<boolean>
}

/** An engine across a network. */
export interface Engine extends EngineCounts {
  /** Cached answers, if it keeps them; else they stay in the memory of the process. */
  readonly values?: EngineValues
  /** For people to read, without credentials. */
  readonly name: string
  /** Whether it does what it is asked in that order. */
  readonly inOrder: boolean
  readonly ping: () => Promise<unknown>
  /** Says why a question failed; `undefined` if the engine did not answer it. */
  readonly refusal: (cause: unknown) => string | undefined
  /** Drops a connection that has stopped answering. */
  readonly reset: () => void
  /** Closes it for good. */
  readonly close: () => void
}
