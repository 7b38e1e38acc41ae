/** What the cases of the SQLite log work with. They run on Bun and on Deno: the Node that runs the tests may have no SQLite. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { readSettings } from "../../../lib/config/environment.ts"
import { Settings } from "../../../lib/config/Settings.ts"
import type { MemoryLogOptions } from "../../../lib/request-log/memory/memory-log.ts"
import type { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import type { OpenDatabase } from "../../../lib/sqlite/database.ts"
import { layerSqlite } from "../../../lib/request-log/sqlite/sqlite-log.ts"
import { findSqlite } from "../../../lib/runtime/sqlite.ts"
import { start } from "../any-record.ts"

/** A case; it fails by throwing. */
export type Case = () => Promise<void>

/** Opens a file as the gateway does. */
export const open: OpenDatabase = (file) => {
  const found = findSqlite()
  if (found === undefined) throw new Error("this runtime has no SQLite")
  return found(file)
}

/** Gives a case a folder of its own. */
export const inFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-log-"))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a log is opened with. */
export interface Opening {
  readonly file: string
  readonly gateways?: Readonly<Record<string, object>>
  readonly open?: OpenDatabase
  readonly bounds?: MemoryLogOptions
}

/** Opens the log of a file, uses it at a virtual time that begins at `start`, and closes it. */
export const useLog = <A, E>(
  { file, gateways = { "*": {} }, open: opener = open, bounds }: Opening,
  use: Effect.Effect<A, E, RequestLog>,
): Promise<A> => {
  const env = { BASEGATE_DB: file, BASEGATE_CONFIG: JSON.stringify({ gateways }) }
  const layer = Layer.provide(
    layerSqlite(() => opener, bounds),
    Settings.layerOf(Result.getOrThrow(readSettings(env))),
  )
  return Effect.runPromise(
    Effect.andThen(TestClock.setTime(start), Effect.provide(use, layer)).pipe(
      Effect.provide(TestClock.layer()),
    ),
  )
}

/** What was written to standard error meanwhile, as the gateway writes it: objects. */
export const warningsOf = async (
  run: () => Promise<void>,
): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const { error } = console
  const warnings: Array<Record<string, unknown>> = []
  console.error = (line: string) => warnings.push(JSON.parse(line) as Record<string, unknown>)
  try {
    await run()
  } finally {
    console.error = error
  }
  return warnings
}
