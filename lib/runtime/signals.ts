/**
 * The signals that stop a server, and what counts as one.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Gateway } from "../gateway.ts"
import { product } from "../version.ts"
import { hostEnvironment } from "./host.ts"
import { processFiles } from "./process-files.ts"
import { findSeat } from "./worker-seat.ts"

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const

interface Process {
  readonly ppid: number
  readonly exit: (code: number) => never
  readonly on: (signal: typeof signals[number], listener: () => void) => void
  /** With signal 0, throws if there is no such process. */
  readonly kill: (pid: number, signal: 0) => void
}
const self = (globalThis as unknown as { readonly process: Process }).process

/** Time for final writes to reach the sockets, in milliseconds: Deno (2.9) exits without flushing them. */
const flush = 250

/**
 * How long after the first signal another one counts as the same, in milliseconds: a terminal sends Ctrl-C to every
 * process in it, and npm passes it on to its child.
 */
const echo = 150

/** How often a server that npm started checks that npm still runs, in milliseconds. */
const glance = 500

/** How npm started this process, if it did: by a script of the package, or as a command run by npx. */
const startedBy = (): "npm" | "npx" | undefined => {
  const { npm_package_name: name, npm_lifecycle_event: script } = hostEnvironment()
  if (script === "npx") return "npx"
  return name === product.name && String(script).startsWith("start") ? "npm" : undefined
}

/** The parent of a process, if the system tells it in a file (Linux). */
const parentOf = (pid: number): number | undefined => {
  const status = Result.getOrElse(processFiles()?.read(`/proc/${pid}/status`) ?? Result.fail(""), () => "")
  const [, parent] = /^PPid:\s+(\d+)$/m.exec(status) ?? []
  return parent === undefined ? undefined : Number(parent)
}

const isThere = (pid: number | undefined): boolean => {
  try {
    if (pid !== undefined) self.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as { readonly code?: string }).code === "EPERM"
  }
}

/**
 * npm (11) passes SIGTERM and SIGINT on to a script, npx only to the shell in between, and SIGHUP ends both. If npm
 * or the shell ends without passing a signal on, the server would keep listening forever.
 */
const onOrphaned = (callback: () => void): void => {
  const by = startedBy()
  if (by === undefined) return
  const parent = self.ppid
  const npx = by === "npx" ? parentOf(parent) : undefined
  const looking = setInterval(() => {
    if (self.ppid === parent && isThere(npx)) return
    clearInterval(looking)
    callback()
  }, glance)
}

/** Calls `first` on the first signal to end, and `next` on each one after it that is not its echo. */
const endSignals = (first: () => void, next: () => void) => {
  let since: number | undefined
  return {
    isEnding: () => since !== undefined,
    signalled: (): void => {
      if (since === undefined) {
        since = performance.now()
        first()
      } else if (performance.now() - since > echo) next()
    },
  }
}

/**
 * Calls `stop` on the first signal to end, and `now` on the next.
 *
 * @param reload called on SIGHUP, which counts as a signal to end if this returns false
 */
export const onSignal = (stop: () => void, now: () => void, reload: () => boolean = () => false): void => {
  const { isEnding, signalled } = endSignals(stop, now)
  for (const signal of signals) {
    self.on(signal, signal === "SIGHUP" ? () => (!isEnding() && reload()) || signalled() : signalled)
  }
  onOrphaned(() => isEnding() || signalled())
}

/**
 * How long a process that leaves keeps listening while its answers ask clients for other connections, and how long it
 * then serves the connections that came last, in milliseconds. A server that stops listening closes its idle
 * connections (Bun 1.4 and Deno 2.9 also new ones without a request), and a request may be on its way over each.
 */
const handover = { listening: 750, served: 250 }

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/**
 * On SIGTERM, SIGINT, or SIGHUP if there is no settings file to reload: stops listening, waits for requests for up to
 * `grace` milliseconds, then ends them as `draining` and exits, whatever hangs. A second signal ends the process at
 * once. A process that leaves while others share its port first hands its clients over to them.
 */
export const stopOnSignal = (gateway: Gateway, grace: number, stopListening: () => void): void => {
  const seat = findSeat()
  let stopping: Promise<void> | undefined
  const end = async (): Promise<void> => {
    stopListening()
    await gateway.dispose({ grace })
    await seat?.lastWords()
    await pause(flush)
    self.exit(0)
  }
  const stop = (): void => void (stopping ??= end())
  const now = (): void => self.exit(1)
  if (seat === undefined) return onSignal(stop, now, gateway.reload)
  const { isEnding, signalled } = endSignals(async () => {
    gateway.shedConnections()
    await pause(handover.listening)
    if (stopping === undefined) stopListening()
    await pause(handover.served)
    stop()
  }, now)
  // A terminal signals all processes, and the first one passes the order on to the others. Only SIGTERM is meant
  // for this one.
  for (const signal of signals) self.on(signal, () => signal === "SIGTERM" && signalled())
  seat.obey({ leave: () => isEnding() || signalled(), stop, now, reload: () => void gateway.reload() })
}
