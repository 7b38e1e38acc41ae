/**
 * Follows a settings file, and the files that its settings refer to, while a gateway runs.
 *
 * It polls the files some times a second: a runtime's change events miss files that are replaced, links that
 * are turned (as in Kubernetes' volumes) and networks, in ways of its own on each.
 *
 * @module
 */
import * as Result from "effect/Result"
import { problemsText, type SettingsProblem } from "./declaration.ts"
import type { HostFiles } from "./host-files.ts"
import type { SettingsControlShape } from "./SettingsControl.ts"
import type { SettingsShape } from "./settings-shape.ts"
import { readSettingsFile } from "./settings-source.ts"

/** How often it looks, in milliseconds: seldom, since a process that has nothing to do wakes up for it. */
const pace = 400

/** How soon it looks again once a file has changed, in milliseconds, to see whether it is still written. */
const settling = 60

/** How often a file that differs each time is looked at before it is read all the same. */
const patience = 5

/** What came of reading the file again. */
export type Reloaded = Result.Result<void, ReadonlyArray<SettingsProblem>>

/**
 * Makes what tells the operator: a good change in one line at the level of information, a bad one always and once, unless
 * nothing should be printed at all.
 */
export const reportReload = ({ logLevel, state }: Pick<SettingsShape, "logLevel" | "state">) => {
  let reported: string | undefined
  return (reloaded: Reloaded): void => {
    const { version, source } = state()
    if (Result.isSuccess(reloaded)) {
      reported = undefined
      if (logLevel !== "info" && logLevel !== "debug") return
      return console.error(
        JSON.stringify({ level: "info", msg: `the settings of ${source} are in force`, version }),
      )
    }
    const error = problemsText(reloaded.failure)
    if (error === reported || logLevel === "none") return
    reported = error
    const msg = `the changed settings cannot be used; those of version ${version} stay in force`
    console.error(JSON.stringify({ level: "error", msg, error }))
  }
}

/** A settings file that is followed. */
export interface SettingsWatch {
  /** Reads the file now. */
  readonly reload: () => Promise<void>
  readonly stop: () => void
}

/** The files that a document refers to. */
const referred = (document: unknown): ReadonlyArray<string> => {
  const found = (JSON.stringify(document) ?? "").match(/"file:(?:[^"\\]|\\.)+"/g) ?? []
  return found.map((text) => (JSON.parse(text) as string).slice("file:".length))
}

/** What is followed, and what it changes. */
export interface WatchOptions {
  readonly files: HostFiles
  /** The file, the document that was read from it, and its stamp before that. */
  readonly file: { readonly path: string; readonly document: unknown; readonly stamp: string | undefined }
  readonly control: SettingsControlShape
  readonly settings: Pick<SettingsShape, "logLevel" | "state">
}

/** Begins to follow a file. */
export const watchSettings = (
  { files, file: { path, document, stamp }, control, settings }: WatchOptions,
): SettingsWatch => {
  const tell = reportReload(settings)
  let others = referred(document)
  const stampOf = (own: string | undefined): string =>
    [own, ...others.map(files.stamp)].map((one) => one ?? "none").join("\n")
  let loaded = stampOf(stamp)
  let seen = loaded
  let waited = 0
  let loading: Promise<void> | undefined

  const load = async (): Promise<void> => {
    // Before it is read: a change in the meantime is seen by the next look.
    const own = files.stamp(path)
    const declared = await readSettingsFile(files, path)
    if (Result.isFailure(declared)) control.reject(declared.failure)
    else others = referred(declared.success.document)
    loaded = stampOf(own)
    tell(Result.flatMap(declared, control.declare))
  }
  const reload = (): Promise<void> => loading ??= load().finally(() => loading = undefined)

  let hurrying: (() => void) | undefined
  const calm = (): void => {
    hurrying?.()
    hurrying = undefined
    waited = 0
  }
  const look = (): void => {
    const stamp = stampOf(files.stamp(path))
    if (stamp === loaded) return calm()
    // It may still be written: half a document can be a document.
    const settled = stamp === seen || ++waited >= patience
    seen = stamp
    if (!settled) return void (hurrying ??= files.every(settling, look))
    calm()
    void reload()
  }
  const stop = files.every(pace, () => {
    if (hurrying === undefined) look()
  })
  return {
    reload,
    stop: () => {
      calm()
      stop()
    },
  }
}
