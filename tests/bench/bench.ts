/**
 * What every measure works with.
 *
 * @module
 */
import type { LoadClient } from "./client/start-client.ts"
import type { RunningUpstream } from "./start-upstream.ts"
import type { Subject } from "./subjects.ts"
import type { Table } from "./table.ts"

/** The gateway of a runtime and what it is held against: its floor, or another checkout's gateway. */
export interface Pair {
  /** The runtime, and what else there is to say. */
  readonly runtime: string
  readonly base: Subject
  readonly gateway: Subject
}

export interface Bench {
  readonly upstream: RunningUpstream
  readonly client: LoadClient
  readonly pairs: ReadonlyArray<Pair>
  /** Gateways from their source, as `npm start` runs them. */
  readonly sourcePairs: ReadonlyArray<Pair>
  /** Proxies that others have written, whatever they run on. */
  readonly peers: ReadonlyArray<Subject>
  /** Names of peers that would be measured if they were there. */
  readonly absent: ReadonlyArray<string>
  /** Fewer rounds, and shorter ones. */
  readonly short: boolean
}

/** One entry of the bench. */
export interface Measure {
  readonly name: string
  readonly run: (bench: Bench) => Promise<Table>
}

/** Everything that is measured. */
export const subjectsOf = ({ pairs, peers }: Pick<Bench, "pairs" | "peers">): ReadonlyArray<Subject> => [
  ...pairs.flatMap(({ base, gateway }) => [base, gateway]),
  ...peers,
]
