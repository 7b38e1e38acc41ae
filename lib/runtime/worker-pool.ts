/**
 * Keeps several processes serving one port: starts them, starts another where one dies, and stops them.
 *
 * @module
 */
import { warn } from "../sqlite/warn.ts"
import { lasting, merged, type Snapshot, snapshotOf } from "../telemetry/metrics/snapshot.ts"
import type { Report, WorkerOrder } from "./worker-messages.ts"

/** A process that was started. */
export interface Worker {
  readonly pid: number | undefined
  readonly send: (order: WorkerOrder) => void
  readonly kill: () => void
}

/** Events of the pool. */
export interface WorkerEvents {
  readonly onReport: (report: Report) => void
  readonly onEnd: (how: string) => void
}

/** Starts a process. */
export type StartWorker = (events: WorkerEvents) => Worker

/** How long what a worker has counted is waited for, in milliseconds. */
const patience = 500

/** How soon another is started where one has died, in milliseconds: twice as late each time it does not last. */
const delays = { first: 100, last: 10_000 }

/** How long a worker has to last for its end to be the first one again, in milliseconds. */
const lasts = 30_000

/** What happens to the pool as a whole. */
export interface PoolOptions {
  readonly count: number
  readonly start: StartWorker
  /** All serve for the first time. */
  readonly onServing: () => void
  /** All have ended; whether that was wanted. */
  readonly onEnded: (wanted: boolean) => void
}

/** The processes. */
export interface WorkerPool {
  /** Lets requests end, or, for the second time, does not. */
  readonly stop: (order: "stop" | "now") => void
  /** Reads the settings file again, everywhere. */
  readonly reload: () => void
  /** Replaces one after the other, each once its successor serves. */
  readonly renew: () => Promise<void>
  readonly kill: () => void
}

interface Place {
  worker: Worker | undefined
  isServing: boolean
  startedAt: number
  /** How often in a row it has not lasted. */
  failures: number
  counts: Snapshot
}

/** Starts the processes. */
export const startPool = ({ count, start, onServing, onEnded }: PoolOptions): WorkerPool => {
  const places: Array<Place> = []
  /** Workers that have a successor, with their last known counts. */
  const leaving = new Map<Worker, Snapshot>()
  const collecting = new Map<number, (place: Place, counts: Snapshot) => void>()
  let gone: Snapshot = {}
  let asked = 0
  let hasServed = false
  let isStopping = false
  let hasFailed = false

  const working = (): ReadonlyArray<Place> => places.filter(({ isServing }) => isServing)
  const everyone = (): ReadonlyArray<Worker> => [
    ...places.flatMap(({ worker }) => worker === undefined ? [] : [worker]),
    ...leaving.keys(),
  ]
  const bury = (counts: Snapshot): void => {
    gone = snapshotOf(merged([gone, lasting(counts)]))
  }
  const stop = (order: "stop" | "now"): void => {
    isStopping = true
    const all = everyone()
    for (const worker of all) worker.send({ kind: order })
    // One that does not serve yet has nothing to end, and does not listen to orders either.
    for (const { isServing, worker } of places) if (!isServing) worker?.kill()
    if (all.length === 0) onEnded(!hasFailed)
  }

  const gather = async (): Promise<{ counts: ReadonlyArray<Snapshot>; running: number }> => {
    const id = asked++
    const all = working()
    const waiting = new Set(all)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience)
      const end = (): void => {
        clearTimeout(timer)
        resolve()
      }
      collecting.set(id, (place, counts) => {
        place.counts = counts
        waiting.delete(place)
        if (waiting.size === 0) end()
      })
      for (const { worker } of all) worker?.send({ kind: "count", id })
      if (all.length === 0) end()
    })
    collecting.delete(id)
    const counts = [gone, ...leaving.values(), ...places.map((place) => place.counts)]
    return { counts, running: working().length }
  }

  /** Fills a place; resolves with whether its process serves. */
  const fill = (place: Place): Promise<boolean> =>
    new Promise((resolve) => {
      place.startedAt = performance.now()
      place.isServing = false
      const worker: Worker = start({
        onReport: (report) => {
          switch (report.kind) {
            case "ready":
              place.isServing = true
              resolve(true)
              if (hasServed || working().length < count) return
              hasServed = true
              return onServing()
            case "last":
              if (place.worker !== worker) return void leaving.set(worker, report.counts)
              place.counts = report.counts
              place.isServing = false
              return
            case "counts":
              return place.worker === worker ? collecting.get(report.id)?.(place, report.counts) : undefined
            case "gather":
              return void gather().then((all) => worker.send({ kind: "gathered", id: report.id, ...all }))
          }
        },
        onEnd: (how) => {
          resolve(false)
          const wasLeaving = leaving.get(worker)
          bury(wasLeaving ?? place.counts)
          if (wasLeaving === undefined) {
            place.worker = undefined
            place.isServing = false
            place.counts = {}
          } else leaving.delete(worker)
          if (isStopping) return everyone().length === 0 ? onEnded(!hasFailed) : undefined
          if (wasLeaving !== undefined) return
          if (hasServed) return again(place, how)
          // One that cannot begin has said why; what the others would do is the same.
          hasFailed = true
          stop("stop")
        },
      })
      place.worker = worker
    })
  const again = (place: Place, how: string): void => {
    place.failures = performance.now() - place.startedAt > lasts ? 0 : place.failures + 1
    const delay = place.failures === 0 ? 0 : Math.min(delays.first * 2 ** (place.failures - 1), delays.last)
    warn("a worker has ended, and another is started", { how, in_ms: delay, running: working().length })
    setTimeout(() => {
      if (!isStopping && place.worker === undefined) void fill(place)
    }, delay)
  }

  for (let index = 0; index < count; index++) {
    const place: Place = { worker: undefined, isServing: false, startedAt: 0, failures: 0, counts: {} }
    places.push(place)
    void fill(place)
  }
  let renewing: Promise<void> | undefined
  const renewAll = async (): Promise<void> => {
    for (const place of places) {
      const { worker: old, counts } = place
      if (isStopping || old === undefined) continue
      leaving.set(old, counts)
      place.counts = {}
      if (await fill(place)) old.send({ kind: "leave" })
      else if (leaving.delete(old)) Object.assign(place, { worker: old, isServing: true, counts })
    }
  }
  return {
    stop,
    reload: () => {
      for (const worker of everyone()) worker.send({ kind: "reload" })
    },
    renew: () => renewing ??= renewAll().finally(() => renewing = undefined),
    kill: () => {
      for (const worker of everyone()) worker.kill()
    },
  }
}
