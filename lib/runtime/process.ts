/**
 * What the servers of a process share: settings are checked at the start, and warnings printed.
 *
 * @module
 */
import * as Result from "effect/Result"
import { keyNotice } from "../auth/key-notice.ts"
import { readSettings } from "../config/environment.ts"
import type { SettingsShape } from "../config/settings-shape.ts"
import { fileProblem } from "../request-log/sqlite/file-problem.ts"
import { askForPermissions } from "./deno-permissions.ts"
import { hostEnvironment } from "./host.ts"
import { findSqlite } from "./sqlite.ts"

interface Process {
  readonly exit: (code: number) => never
}
const self = (globalThis as unknown as { readonly process: Process }).process

let hasAsked = false

/** On Deno: prompts, on a terminal, for the permissions that a server needs, and prints which of them it lacks. */
export const askPermissions = (): void => {
  if (hasAsked) return
  hasAsked = true
  const lack = askForPermissions(() => {
    // Malformed settings are reported elsewhere.
    const settings = Result.orElse(readSettings(hostEnvironment()), () => readSettings({}))
    const { inferenceUrl, logFile } = Result.getOrThrow(settings)
    return { upstream: inferenceUrl, file: logFile }
  })
  if (lack !== undefined) console.error(lack)
}

/** The settings; if one is malformed, the process exits with one line that names it. */
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

/** Warns that the file of the log cannot be used, before a request runs into it. */
const tellOfFile = (file: string): void => {
  const problem = fileProblem(findSqlite(), file)
  if (problem === undefined) return
  console.error(
    `basegate: BASEGATE_DB: the file cannot be used (${problem}); the request log is kept in memory until it can. ` +
      "Check the path and its permissions.",
  )
}

/**
 * Prints once who may spend the stored keys, and what is wrong with the log's file, unless `LOG_LEVEL` hides warnings.
 *
 * @param keepsFiles whether the gateway, which may run in another process, can have files
 */
export const tellAtStart = (host: string, keepsFiles = true): void => {
  if (hasTold) return
  hasTold = true
  const settings = readSettings(hostEnvironment())
  if (Result.isFailure(settings) || ["error", "none"].includes(settings.success.logLevel)) return
  if (keepsFiles && settings.success.logFile !== undefined) tellOfFile(settings.success.logFile)
  const notice = keyNotice(settings.success, host)
  if (notice !== undefined) console.error(`basegate: ${notice}`)
}

/** Prints where the gateway listens, and what its operator should know. */
export const announce = (host: string, port: number, keepsFiles = true): void => {
  console.log(`basegate listens on http://${urlHost(host)}:${port}`)
  tellAtStart(host, keepsFiles)
}

/** Exits with one line if the process cannot listen: the port is taken, or the address is not this machine's. */
export const cannotListen = (host: string, port: number, cause: unknown): never => {
  const { code = "" } = cause as { readonly code?: string }
  console.error(
    `basegate cannot start: it cannot listen on ${urlHost(host)}:${port} ${code}. Change HOST or PORT.`,
  )
  return self.exit(1)
}
