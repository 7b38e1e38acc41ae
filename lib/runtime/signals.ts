/**
 * The signals that end a server, and what is as good as one.
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

/** How long last words have to reach the sockets, in milliseconds: Deno (2.9) exits with what it has not written. */
const flush = 250

/**
 * How soon after the first a signal is the same one, in milliseconds: a terminal sends Ctrl-C to every process that runs
 * in it, and npm passes it on to its own.
 */
const echo = 150

/** How often a server that npm has started looks for npm, in milliseconds. */
const glance = 500

/** npm passes SIGTERM and SIGINT on; where it ends by another signal, what it has started would listen on for ever. */
const onOrphaned = (callback: () => void): void => {
  const { npm_package_name: name, npm_lifecycle_event: script } = hostEnvironment()
  if (name !== product.name || !String(script).startsWith("start")) return
  const parent = self.ppid
  const looking = setInterval(() => {
    if (self.ppid === parent) return
    clearInterval(looking)
    callback()
  }, glance)
}

/** Calls `stop` once, when the process is told to end, and `now` when it is told again. */
export const onSignal = (stop: () => void, now: () => void): void => {
  let since: number | undefined
  const signalled = (): void => {
    if (since === undefined) {
      since = performance.now()
      stop()
    } else if (performance.now() - since > echo) now()
  }
  for (const signal of signals) self.on(signal, signalled)
  onOrphaned(() => since === undefined && signalled())
}

/**
 * On SIGTERM, SIGINT or SIGHUP: stops listening, lets requests end for `grace` milliseconds, then ends them as `draining`
 * and the process with them, whatever hangs. A second signal ends it at once.
 */
export const stopOnSignal = (gateway: Gateway, grace: number, stopListening: () => void): void => {
  const stop = async (): Promise<void> => {
    stopListening()
    await gateway.dispose({ grace })
    await new Promise((resolve) => setTimeout(resolve, flush))
    self.exit(0)
  }
  onSignal(() => void stop(), () => self.exit(1))
}
