/**
 * The files of a host, for settings and secrets that are in them. Workers have none.
 *
 * @module
 */
import type * as Result from "effect/Result"
import type { Declaration, SettingsProblem } from "./declaration.ts"
import type { SettingsWatch, WatchOptions } from "./settings-watch.ts"

/** How a host reads files, and notices their changes. */
export interface HostFiles {
  /** The text of a regular file; else why it cannot be read, as a clause that shows no path. */
  readonly read: (path: string) => Result.Result<string, string>
  /** Differs when the file does; `undefined` if there is none. */
  readonly stamp: (path: string) => string | undefined
  /** Parses the text of a settings file: JSON if its name says so, else YAML. */
  readonly parse: (
    name: string,
    text: string,
  ) => Promise<Result.Result<Declaration, ReadonlyArray<SettingsProblem>>>
  /**
   * Calls back again and again, which does not keep the process alive.
   *
   * @returns stops it
   */
  readonly every: (milliseconds: number, callback: () => void) => () => void
  /** Begins to follow a settings file; here, so that Workers do not carry it. */
  readonly watch: (options: WatchOptions) => SettingsWatch
}

/** The reason for hosts without files. */
export const noFiles = "Workers have no files"

/** A file's text as a value: one line break at its end is the editor's. */
export const withoutLineBreak = (text: string): string => text.replace(/\r?\n$/, "")
