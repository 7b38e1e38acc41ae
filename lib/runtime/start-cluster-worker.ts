/**
 * Starts this program again, as a worker, on Node: `node:cluster` hands each of them connections in turn.
 *
 * @module
 */
import cluster from "node:cluster"
import { seatOf, workerOf } from "./start-worker.ts"
import type { StartWorker } from "./worker-pool.ts"

/** Starts workers that listen on a port, of whom there are so many. */
export const startClustered = (port: number, count: number): StartWorker => (events) =>
  workerOf(cluster.fork(seatOf(port, count)).process, events)

/** Node ends a worker at once that the first process has left; it is to let its requests end. */
export const outliveFirst = (): void => {
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
}
