/**
 * Reads the settings at the first request, and starts what runs on them.
 *
 * @module
 */
import * as Result from "effect/Result"
import { problemsText } from "../config/declaration.ts"
import { type Environment, type LoadedSettings, loadSettings } from "../config/environment.ts"
import type { HostFiles } from "../config/host-files.ts"
import { type GivenSettings, settingsFile } from "../config/settings-source.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import { type Once, openOnce } from "./open-once.ts"

/** What starts once its settings are read. */
export interface Opening<A> extends Once<A> {
  /** Whether the settings are in a file. */
  readonly hasFile: () => boolean
}

/**
 * Makes what starts at its first use.
 *
 * @param options.env called once
 * @param options.onDefect what is thrown on the way is not thrown on
 */
export const openWithSettings = <A>(options: {
  readonly env: Environment | (() => Environment) | undefined
  readonly config: unknown
  readonly files: HostFiles | undefined
  readonly start: (settings: LoadedSettings) => A
  readonly onDefect: (defect: unknown) => Result.Result<never, string>
}): Opening<A> => {
  const { env = {}, config, files, start, onDefect } = options
  let environment: Environment | undefined
  const given = (): GivenSettings => {
    environment ??= typeof env === "function" ? env() : env
    return { environment, config, files }
  }
  /** Malformed settings of a file are read again when it has changed. */
  const stamp = (): string | undefined => {
    const path = files && settingsFile(given())
    return path && (files.stamp(path) ?? "none")
  }
  const open = (): Awaitable<Result.Result<A, string>> =>
    whenReady(
      loadSettings(given()),
      (loaded) => Result.mapBoth(loaded, { onSuccess: start, onFailure: problemsText }),
    )
  return { ...openOnce(open, stamp, onDefect), hasFile: () => stamp() !== undefined }
}
