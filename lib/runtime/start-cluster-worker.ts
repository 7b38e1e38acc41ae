/**
 * Starts this program again, as a worker, on Node: `node:cluster` hands each of them connections in turn.
 *
 * @module
 */
import cluster from "node:cluster"
import { seatOf, workerOfChild } from "./start-worker.ts"
import type { StartWorker } from "./worker-pool.ts"

/** Starts a number of workers that listen on a port. */
export const startClustered = (port: number, count: number): StartWorker => (events) =>
  workerOfChild(cluster.fork(seatOf(port, count)).process, events)

/** Node ends a worker at once that the first process has left; it is to let its requests end. */
export const outliveFirst = (): void => {
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
}
