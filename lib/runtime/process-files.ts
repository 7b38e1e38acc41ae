/**
 * Files on Bun, Deno and Node.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { HostFiles } from "../config/host-files.ts"
import { watchSettings } from "../config/settings-watch.ts"
import { everyInBackground } from "./background-interval.ts"
import { mayRead } from "./deno-permissions.ts"
import { parseSettings } from "./parse-settings.ts"

interface Stats {
  readonly isFile: () => boolean
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
}

interface Modules {
  (name: "node:fs"): {
    readonly readFileSync: (path: string) => Uint8Array
    readonly statSync: (
      path: string,
      options: { readonly bigint: true; readonly throwIfNoEntry: false },
    ) => Stats | undefined
  }
}

const self = globalThis as { readonly process?: { readonly getBuiltinModule?: Modules } }

/** The largest file that is read, in bytes: settings and secrets are small. */
const largest = 16_777_216n

const notGranted = "Deno does not let the gateway read it; start it with --allow-read (-R)"

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "its permissions do not let the gateway read it",
  EPERM: "its permissions do not let the gateway read it",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the path is too long",
}
const reasonOf = (cause: unknown): string => {
  const { code = "" } = cause as { readonly code?: string }
  return reasons[code] ?? "it cannot be read"
}

const decoded = (bytes: Uint8Array): Result.Result<string, string> => {
  try {
    return Result.succeed(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    return Result.fail("it is not text in UTF-8")
  }
}

/** The file system of this process; `undefined` on a runtime without one. */
export const processFiles = (): HostFiles | undefined => {
  const builtin = self.process?.getBuiltinModule
  if (builtin === undefined) return undefined
  const { readFileSync, statSync } = builtin("node:fs")
  const statOf = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false })
  return {
    read: (path) => {
      if (!mayRead(path)) return Result.fail(notGranted)
      try {
        const stats = statOf(path)
        if (stats === undefined) return Result.fail("there is no such file")
        // A pipe could be read only once, and might block.
        if (!stats.isFile()) return Result.fail("it is not a regular file")
        if (stats.size > largest) return Result.fail(`it is larger than ${largest} bytes`)
        return decoded(readFileSync(path))
      } catch (cause) {
        return Result.fail(reasonOf(cause))
      }
    },
    stamp: (path) => {
      if (!mayRead(path)) return undefined
      try {
        const stats = statOf(path)
        return stats && [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join()
      } catch {
        return undefined
      }
    },
    parse: parseSettings,
    every: everyInBackground,
    watch: watchSettings,
  }
}
