/**
 * What every measure works with.
 *
 * @module
 */
import type { LoadClient } from "./client/start-client.ts"
import type { RunningUpstream } from "./start-upstream.ts"
import type { Subject } from "./subjects.ts"
import type { Table } from "./table.ts"

/** What is compared on one runtime. Its members take turns in each measure. */
export interface Group {
  /** The runtime, and what else there is to say. */
  readonly name: string
  /** The floor, or the gateway without what observes it. */
  readonly base: Subject
  /** This checkout's gateway, after that of an older checkout if there is one. */
  readonly gateways: ReadonlyArray<Subject>
}

/** What the command line has chosen, and the processes that every measure uses. */
export interface Bench {
  readonly upstream: RunningUpstream
  readonly client: LoadClient
  /** Gateways beside the floors of their runtimes. */
  readonly groups: ReadonlyArray<Group>
  /** Gateways run from source, as `npm start` does. */
  readonly sourceGroups: ReadonlyArray<Group>
  /** Gateways beside themselves without what observes them. */
  readonly observedGroups: ReadonlyArray<Group>
  /** Proxies that others have written, whatever they run on. */
  readonly peers: ReadonlyArray<Subject>
  /** The folder of the older checkout. */
  readonly against: string | undefined
  /** Fewer rounds, and shorter ones. */
  readonly short: boolean
}

/** One entry of the bench. */
export interface Measure {
  readonly name: string
  readonly run: (bench: Bench) => Promise<Table>
}

/** Everything that is measured. */
export const subjectsOf = (
  { groups, peers }: Pick<Bench, "groups" | "peers">,
): ReadonlyArray<Subject> => [
  ...new Set([...groups.flatMap(({ base, gateways }) => [base, ...gateways]), ...peers]),
]
