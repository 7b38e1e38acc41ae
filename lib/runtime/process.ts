/**
 * What the servers of a process share: settings checked at the start, and an orderly end.
 *
 * @module
 */
import * as Result from "effect/Result"
import { keyNotice } from "../auth/key-notice.ts"
import { readSettings, type SettingsShape } from "../config/environment.ts"
import type { Gateway } from "../gateway.ts"
import { askForPermissions } from "./deno-permissions.ts"
import { hostEnvironment } from "./host.ts"

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const

interface Process {
  readonly exit: (code: number) => never
  readonly on: (signal: typeof signals[number], listener: () => void) => void
}
const self = (globalThis as unknown as { readonly process: Process }).process

/** How long last words have to reach the sockets: Deno (2.9) exits with what it has not written. */
const flush = 250

/**
 * How soon after the first a signal is the same one, in milliseconds: a terminal sends Ctrl-C to every process that runs
 * in it, and npm passes it on to its own.
 */
const echo = 150

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

let hasAsked = false

/** On Deno: asks, on a terminal, for the permissions that a server needs, and tells which of them it has not got. */
export const askPermissions = (): void => {
  if (hasAsked) return
  hasAsked = true
  const lack = askForPermissions(() => {
    // Of malformed settings others tell.
    const settings = Result.orElse(readSettings(hostEnvironment()), () => readSettings({}))
    const { inferenceUrl, logFile } = Result.getOrThrow(settings)
    return { upstream: inferenceUrl, file: logFile }
  })
  if (lack !== undefined) console.error(lack)
}

/** The settings; where one is malformed the process ends with one line that names it. */
export const settingsOrExit = (): SettingsShape => {
  askPermissions()
  const settings = readSettings(hostEnvironment())
  if (Result.isSuccess(settings)) return settings.success
  console.error(`basegate cannot start: ${settings.failure}`)
  return self.exit(1)
}

/** A host as it stands in a URL: an IPv6 address in brackets. */
export const urlHost = (host: string): string =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host

let hasTold = false

/** Tells once who may spend the stored keys, unless `LOG_LEVEL` is above warnings. */
export const tellOfKeys = (host: string): void => {
  if (hasTold) return
  hasTold = true
  const settings = readSettings(hostEnvironment())
  if (Result.isFailure(settings) || ["error", "none"].includes(settings.success.logLevel)) return
  const notice = keyNotice(settings.success, host)
  if (notice !== undefined) console.error(`basegate: ${notice}`)
}

/** Tells where the gateway is to be found, and who may spend its keys. */
export const announce = (host: string, port: number): void => {
  console.log(`basegate listens on http://${urlHost(host)}:${port}`)
  tellOfKeys(host)
}

/** Ends the process with one line where it cannot listen: the port is taken, or the address is not this machine's. */
export const cannotListen = (host: string, port: number, cause: unknown): never => {
  const { code = "" } = cause as { readonly code?: string }
  console.error(
    `basegate cannot start: it cannot listen on ${urlHost(host)}:${port} ${code}. Change HOST or PORT.`,
  )
  return self.exit(1)
}

/**
 * On SIGTERM, SIGINT or SIGHUP: stops listening, lets requests end for `grace` milliseconds, then ends them as `draining`
 * and the process with them, whatever hangs. A second signal ends it at once.
 */
export const stopOnSignal = (gateway: Gateway, grace: number, stopListening: () => void): void => {
  let since: number | undefined
  const stop = async (): Promise<void> => {
    stopListening()
    await gateway.dispose({ grace })
    await sleep(flush)
    self.exit(0)
  }
  const signalled = (): void => {
    if (since === undefined) {
      since = performance.now()
      void stop()
    } else if (performance.now() - since > echo) self.exit(1)
  }
  for (const signal of signals) self.on(signal, signalled)
}
