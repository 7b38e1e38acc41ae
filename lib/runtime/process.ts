/**
 * What the servers of a process share: settings checked at the start, and an orderly end.
 *
 * @module
 */
import * as Result from "effect/Result"
import { readSettings, type SettingsShape } from "../config/environment.ts"
import type { Gateway } from "../gateway.ts"
import { hostEnvironment } from "./host.ts"

interface Process {
  readonly exit: (code: number) => never
  readonly on: (signal: "SIGINT" | "SIGTERM", listener: () => void) => void
}
const self = (globalThis as unknown as { readonly process: Process }).process

/** How long running requests may go on after the signal to stop, in milliseconds. */
const grace = 10_000

/** The settings; where one is malformed the process ends with one line that names it. */
export const settingsOrExit = (): SettingsShape => {
  const settings = readSettings(hostEnvironment())
  if (Result.isSuccess(settings)) return settings.success
  console.error(`basegate cannot start: ${settings.failure}`)
  return self.exit(1)
}

/** On SIGTERM or SIGINT: stops listening, lets requests end for ten seconds, then ends them as `draining`. */
export const stopOnSignal = (gateway: Gateway, stopListening: () => void): void => {
  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) self.exit(1)
    stopping = true
    stopListening()
    await Promise.race([gateway.idle(), new Promise((resolve) => setTimeout(resolve, grace))])
    await gateway.dispose()
    self.exit(0)
  }
  self.on("SIGTERM", () => void stop())
  self.on("SIGINT", () => void stop())
}
