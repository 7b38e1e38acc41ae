/**
 * The other processes that serve the same port: each process answers for all of them.
 *
 * @module
 */
import * as Context from "effect/Context"
import type { Snapshot } from "./snapshot.ts"

/** What all processes have counted, and how many are running. */
export interface PeerCounts {
  readonly counts: ReadonlyArray<Snapshot>
  readonly running: number
}

/** How one of several processes reaches the others. */
export interface PeersShape {
  /** Registers how to read what this process has counted. */
  readonly offer: (own: () => Promise<Snapshot>) => void
  /**
   * What all processes have counted, including those that have ended. For one that does not answer in time, its last
   * known counts.
   */
  readonly gather: () => Promise<PeerCounts>
  /** How many processes there should be. */
  readonly configured: number
}

/** `undefined` if the process is alone. */
export const Peers: Context.Reference<PeersShape | undefined> = Context.Reference<PeersShape | undefined>(
  "basegate/telemetry/metrics/Peers",
  { defaultValue: () => undefined },
)
