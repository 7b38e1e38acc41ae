/**
 * The other processes of a gateway that has several: each answers for all of them.
 *
 * @module
 */
import * as Context from "effect/Context"
import type { Snapshot } from "./snapshot.ts"

/** What all processes have counted, and how many run. */
export interface PeerCounts {
  readonly counts: ReadonlyArray<Snapshot>
  readonly running: number
}

/** What a process of several knows of all. */
export interface PeersShape {
  /** Says how to ask this process what it has counted. */
  readonly offer: (own: () => Promise<Snapshot>) => void
  /** What all have counted, those that have ended included; of one that does not answer in time, what it said last. */
  readonly gather: () => Promise<PeerCounts>
  /** How many processes there should be. */
  readonly configured: number
}

/** `undefined` if the process is alone. */
export const Peers: Context.Reference<PeersShape | undefined> = Context.Reference<PeersShape | undefined>(
  "basegate/telemetry/metrics/Peers",
  { defaultValue: () => undefined },
)
