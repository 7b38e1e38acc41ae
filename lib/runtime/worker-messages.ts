/**
 * What the process that starts the others and those say to each other.
 *
 * @module
 */
import type { Snapshot } from "../telemetry/metrics/snapshot.ts"

/**
 * From the first process to a worker. `leave` and `stop` let requests end, `now` does not: one that leaves has others beside
 * it, which take over its clients; `count` asks what it has counted.
 */
export type WorkerOrder =
  | { readonly kind: "leave" | "stop" | "now" | "reload" }
  | { readonly kind: "count"; readonly id: number }
  | {
    readonly kind: "gathered"
    readonly id: number
    readonly counts: ReadonlyArray<Snapshot>
    readonly running: number
  }

/** From a worker to the first process. `last` are its counts before it ends; `gather` asks for those of all. */
export type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "counts"; readonly id: number; readonly counts: Snapshot }
  | { readonly kind: "last"; readonly counts: Snapshot }
  | { readonly kind: "gather"; readonly id: number }
