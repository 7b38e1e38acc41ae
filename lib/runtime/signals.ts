/**
 * The signals that stop a server, and what counts as one.
 *
 * @module
 */
import type { Gateway } from "../gateway.ts"
import { product } from "../version.ts"
import { hostEnvironment } from "./host.ts"

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const

interface Process {
  readonly ppid: number
  readonly exit: (code: number) => never
  readonly on: (signal: typeof signals[number], listener: () => void) => void
}
const self = (globalThis as unknown as { readonly process: Process }).process

/** Grace for final writes to reach the sockets, in milliseconds: Deno (2.9) exits without flushing them. */
const flush = 250

/**
 * Within how long after the first a signal counts as the same one, in milliseconds: a terminal sends Ctrl-C to every
 * process that runs in it, and npm passes it on to its own.
 */
const echo = 150

/** How often a server that npm has started looks for npm, in milliseconds. */
const glance = 500

/** Whether npm has started this process: by a script of the package, or as the command that npx runs. */
const isNpms = (): boolean => {
  const { npm_package_name: name, npm_lifecycle_event: script } = hostEnvironment()
  return script === "npx" || (name === product.name && String(script).startsWith("start"))
}

/**
 * npm passes SIGTERM and SIGINT on to a script, and npx only to the shell between; where they end by themselves, the server
 * that they started would listen on for ever.
 */
const onOrphaned = (callback: () => void): void => {
  if (!isNpms()) return
  const parent = self.ppid
  const looking = setInterval(() => {
    if (self.ppid === parent) return
    clearInterval(looking)
    callback()
  }, glance)
}

/**
 * Calls `stop` once, on the first signal to end, and `now` on the next.
 *
 * @param reload what SIGHUP is for, as long as it returns true; else it is a signal to end
 */
export const onSignal = (stop: () => void, now: () => void, reload: () => boolean = () => false): void => {
  let since: number | undefined
  const signalled = (): void => {
    if (since === undefined) {
      since = performance.now()
      stop()
    } else if (performance.now() - since > echo) now()
  }
  for (const signal of signals) {
    self.on(signal, signal === "SIGHUP" ? () => (since === undefined && reload()) || signalled() : signalled)
  }
  onOrphaned(() => since === undefined && signalled())
}

/**
 * On SIGTERM, on SIGINT, and on SIGHUP if there is no settings file to read again: stops listening, lets requests end for
 * `grace` milliseconds, then ends them as `draining` and exits, whatever hangs. A second signal ends it at once.
 */
export const stopOnSignal = (gateway: Gateway, grace: number, stopListening: () => void): void => {
  const stop = async (): Promise<void> => {
    stopListening()
    await gateway.dispose({ grace })
    await new Promise((resolve) => setTimeout(resolve, flush))
    self.exit(0)
  }
  onSignal(() => void stop(), () => self.exit(1), gateway.reload)
}
