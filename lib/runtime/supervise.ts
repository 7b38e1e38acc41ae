/**
 * The first process of several: it checks the settings, starts the others, and passes signals on to them.
 *
 * @module
 */
import { createServer } from "node:net"
import { availableParallelism } from "node:os"
import process from "node:process"
import type { SettingsShape } from "../config/settings-shape.ts"
import { fileProblem } from "../request-log/sqlite/file-problem.ts"
import { warn } from "../sqlite/warn.ts"
import { prepareSharedFile } from "../store/sqlite/sqlite-store.ts"
import { announce, cannotListen, hasSettingsFile, settingsOrExit, urlHost } from "./process.ts"
import { onSignal } from "./signals.ts"
import { findSqlite } from "./sqlite.ts"
import { startPool, type StartWorker } from "./worker-pool.ts"
import { findSeat } from "./worker-seat.ts"

/**
 * How long after the grace a worker that hangs is killed, in milliseconds. Normally it has given up by itself before.
 */
const patience = 8_000

/** How many processes should share the port; 1 in a process that is one of them. */
export const workersFor = ({ workers }: Pick<SettingsShape, "workers">): number =>
  findSeat() !== undefined ? 1 : workers === "auto" ? availableParallelism() : workers

/** A free port: the requested one unless that is 0. */
const reserved = (host: string, port: number): Promise<number> =>
  new Promise((resolve) => {
    // A check without port sharing, since two gateways that share ports among their processes would share one port
    // unnoticed.
    const server = createServer()
    server.once("error", (cause) => cannotListen(host, port, cause))
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/** Starts a number of processes that listen on a port. Throws if it cannot. */
type Starter = (port: number, count: number) => StartWorker

/** Where this process should listen. */
export interface ListenPlace {
  readonly host: string
  readonly port: number
  /** Whether others listen there as well. */
  readonly shares: boolean
  readonly grace: number
}

/**
 * Where this process should listen. The first of several does not listen, and never returns from here. Malformed
 * settings are reported once, and end the process.
 */
export const placeToListen = async (starter: Starter): Promise<ListenPlace> => {
  const settings = await settingsOrExit()
  const workers = workersFor(settings)
  if (workers > 1) return await supervise(settings, workers, starter)
  const seat = findSeat()
  const { host, port, grace } = settings
  return { host, port: seat?.port ?? port, shares: seat !== undefined, grace }
}

/**
 * Creates the tables of the file, so that no worker finds them incomplete, and reports problems with it at the start.
 */
const prepareFile = (file: string | undefined): void => {
  const open = file === undefined ? undefined : findSqlite()
  if (open === undefined || file === undefined || fileProblem(open, file) !== undefined) return
  try {
    prepareSharedFile(open, file)
  } catch (cause) {
    warn("the file cannot be prepared", { file, reason: cause instanceof Error ? cause.message : "unknown" })
  }
}

/** Serves by several processes until a signal ends them; does not resolve. */
const supervise = async (
  { host, port: asked, grace, logFile }: SettingsShape,
  count: number,
  starter: Starter,
): Promise<never> => {
  const port = await reserved(host, asked)
  prepareFile(logFile)
  let failure = 0
  const start = (): StartWorker => {
    try {
      return starter(port, count)
    } catch (cause) {
      console.error(`basegate cannot start: ${cause instanceof Error ? cause.message : "no process"}`)
      return process.exit(1)
    }
  }
  const pool = startPool({
    count,
    start: start(),
    onServing: () => announce(host, port),
    onEnded: (wanted) => process.exit(wanted ? failure : 1),
  })
  const stop = (): void => {
    pool.stop("stop")
    setTimeout(() => {
      failure = 1
      console.error(`basegate: a process on ${urlHost(host)}:${port} did not end in time, and is killed`)
      pool.kill()
    }, grace + patience)
  }
  const now = (): void => {
    pool.stop("now")
    setTimeout(() => process.exit(1), 100)
  }
  onSignal(stop, now, () => {
    if (hasSettingsFile()) pool.reload()
    return hasSettingsFile()
  })
  process.on("SIGUSR2", () => void pool.renew())
  // However this process ends, the others do not go on without it: each sees that its channel has closed.
  return await new Promise<never>(() => {})
}
