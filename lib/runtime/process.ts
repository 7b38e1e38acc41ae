/**
 * What the servers of a process share: settings are checked at the start, and warnings printed.
 *
 * @module
 */
import * as Result from "effect/Result"
import { keyNotice } from "../auth/key-notice.ts"
import { problemsText } from "../config/declaration.ts"
import { loadSettings, readVariables } from "../config/environment.ts"
import type { SettingsShape } from "../config/settings-shape.ts"
import { fileProblem } from "../request-log/sqlite/file-problem.ts"
import { askForPermissions } from "./deno-permissions.ts"
import { whenReady } from "../time/awaitable.ts"
import { hostEnvironment } from "./host.ts"
import { processFiles } from "./process-files.ts"
import { findSqlite } from "./sqlite.ts"
import { noticeText, startNotice } from "./start-notice.ts"
import { hasColor } from "./terminal.ts"
import { findSeat } from "./worker-seat.ts"

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
    const env = hostEnvironment()
    // Malformed settings are reported elsewhere.
    const settings = Result.orElse(readVariables(env, processFiles()), () => readVariables({}, undefined))
    const { inferenceUrl, logFile } = Result.getOrThrow(settings)
    const { BASEGATE_CONFIG_FILE: named } = env
    return { upstream: inferenceUrl, file: logFile, settings: typeof named === "string" ? named : undefined }
  })
  if (lack !== undefined) console.error(lack)
}

/** The result of `settingsOrExit`. */
let atStart: SettingsShape | undefined
let hasFile = false

/** Whether the settings are in a file. */
export const hasSettingsFile = (): boolean => hasFile

/** The settings. If one is malformed, the process exits with a line that names it. */
export const settingsOrExit = async (hasFiles = true): Promise<SettingsShape> => {
  askPermissions()
  const files = hasFiles ? processFiles() : undefined
  const settings = await loadSettings({ environment: hostEnvironment(), files })
  if (Result.isSuccess(settings)) {
    hasFile = settings.success.file !== undefined
    return atStart = settings.success.settings
  }
  console.error(`basegate cannot start: ${problemsText(settings.failure)}`)
  return self.exit(1)
}

/** A host as in a URL, with an IPv6 address in brackets. */
export const urlHost = (host: string): string =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host

let hasWarned = false

/** Warns that the gateway's file cannot be used, before a request runs into it. */
const warnOfFile = (file: string): void => {
  const open = findSqlite()
  if (open === undefined) {
    return console.error(
      "basegate: BASEGATE_DB: this Node has no SQLite (22.13 and later have): the request log, settings that are written " +
        "through the API and what was spent are kept in memory, and lost at the end.",
    )
  }
  const problem = fileProblem(open, file)
  if (problem === undefined) return
  console.error(
    `basegate: BASEGATE_DB: the file cannot be used (${problem}); the request log and what was spent are kept in memory ` +
      "until it can. Check the path and its permissions.",
  )
}

/** Warns of what several processes do not share. */
const warnOfWorkers = ({ workers, database, logFile, store }: SettingsShape): void => {
  if (workers === 1 || (logFile !== undefined && findSqlite() !== undefined)) return
  const own = [
    ...database === undefined ? ["a log and written settings"] : [],
    ...store === undefined ? ["limits"] : [],
  ]
  if (own.length === 0) return
  console.error(
    `basegate: BASEGATE_WORKERS: each process has ${own.join(", and ")} of its own: ` +
      "they share a SQLite file (BASEGATE_DB), or for limits a Redis (BASEGATE_STORE).",
  )
}

/**
 * Prints once who may use the stored keys, and what is wrong with the log's file, unless `LOG_LEVEL` hides warnings.
 *
 * @param keepsFiles whether the gateway, which may run in another process, can have files
 */
export const warnAtStart = (host: string, keepsFiles = true): void => {
  // With several processes, the first one reports.
  if (hasWarned || findSeat() !== undefined) return
  hasWarned = true
  const files = keepsFiles ? processFiles() : undefined
  void whenReady(loadSettings({ environment: hostEnvironment(), files }), (loaded) => {
    if (Result.isFailure(loaded)) return
    const { settings, notice } = loaded.success
    if (["error", "none"].includes(settings.logLevel)) return
    if (keepsFiles && settings.logFile !== undefined) warnOfFile(settings.logFile)
    if (keepsFiles) warnOfWorkers(settings)
    for (const line of [notice, keyNotice(settings, host)]) {
      if (line !== undefined) console.error(`basegate: ${line}`)
    }
  })
}

/** Prints the settings in force and a call to try, unless `LOG_LEVEL` hides what is not an error. */
const printNotice = (
  url: string,
  host: string,
  settings: SettingsShape,
  keepsFiles: boolean,
  objects: string | undefined,
): void => {
  if (["error", "none"].includes(settings.logLevel)) return
  const whyNoFile = !keepsFiles
    ? "Workers keep neither files nor connections"
    : settings.logFile !== undefined && findSqlite() === undefined
    ? "this Node has no SQLite (22.13 and later have)"
    : undefined
  const lines = startNotice({ url, host, settings, gateways: settings.entries(), whyNoFile, objects })
  console.log(noticeText(lines, hasColor()))
}

/**
 * Prints where the gateway listens, and what its operator should know.
 *
 * @param objects where Durable Objects are kept, if there are any
 */
export const announce = (host: string, port: number, keepsFiles = true, objects?: string): void => {
  const seat = findSeat()
  if (seat !== undefined) return seat.ready()
  const url = `http://${urlHost(host)}:${port}`
  console.log(`basegate listens on ${url}`)
  if (atStart === undefined) {
    const files = keepsFiles ? processFiles() : undefined
    void whenReady(loadSettings({ environment: hostEnvironment(), files }), (loaded) => {
      if (Result.isSuccess(loaded)) printNotice(url, host, loaded.success.settings, keepsFiles, objects)
    })
  } else printNotice(url, host, atStart, keepsFiles, objects)
  warnAtStart(host, keepsFiles)
}

/** Exits with one line if the process cannot listen: the port is taken, or the address is not this machine's. */
export const cannotListen = (host: string, port: number, cause: unknown): never => {
  const { code = "" } = cause as { readonly code?: string }
  console.error(
    `basegate cannot start: it cannot listen on ${urlHost(host)}:${port} ${code}. Change HOST or PORT.`,
  )
  return self.exit(1)
}
