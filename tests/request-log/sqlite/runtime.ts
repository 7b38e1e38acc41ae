/** What the cases of the SQLite log work with. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { readSettings } from "../../../lib/config/environment.ts"
import { Settings } from "../../../lib/config/Settings.ts"
import type { MemoryLogOptions } from "../../../lib/request-log/memory/memory-log.ts"
import type { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import type { OpenDatabase } from "../../../lib/sqlite/database.ts"
import type { OpenThread } from "../../../lib/request-log/sqlite/questions.ts"
import { layerSqlite } from "../../../lib/request-log/sqlite/sqlite-log.ts"
import { open } from "../../support/sqlite-cases.ts"
import { start } from "../any-record.ts"
import type { UseLog } from "../conformance/use-log.ts"

/** What a log is opened with. */
export interface Opening {
  readonly file: string
  readonly gateways?: Readonly<Record<string, object>>
  readonly open?: OpenDatabase
  readonly bounds?: MemoryLogOptions
  readonly thread?: OpenThread
}

/** Opens the log of a file, uses it at a virtual time that begins at `start`, and closes it. */
export const useLog = <A, E>(
  { file, gateways = { "*": {} }, open: opener = open, bounds, thread }: Opening,
  use: Effect.Effect<A, E, RequestLog>,
): Promise<A> => {
  const env = { BASEGATE_DB: file, BASEGATE_CONFIG: JSON.stringify({ gateways }) }
  const layer = Layer.provide(
    layerSqlite(() => opener, bounds, thread),
    Settings.layerOf(Result.getOrThrow(readSettings(env))),
  )
  return Effect.runPromise(
    Effect.andThen(TestClock.setTime(start), Effect.provide(use, layer)).pipe(
      Effect.provide(TestClock.layer()),
    ),
  )
}

/** The same of a log that nobody has used before. */
export const useEmptyLog: UseLog = (conditions, use) => useLog({ ...conditions, file: ":memory:" }, use)
