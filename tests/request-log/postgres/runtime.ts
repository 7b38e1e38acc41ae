/** What the cases of the Postgres log work with. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import process from "node:process"
import { readSettings } from "../../../lib/config/environment.ts"
import { Settings } from "../../../lib/config/Settings.ts"
import { connectPostgres } from "../../../lib/postgres/connect.ts"
import type { PostgresDatabase } from "../../../lib/postgres/database.ts"
import { makePostgresLog, type PostgresLog } from "../../../lib/request-log/postgres/engine.ts"
import { layerPostgresLog } from "../../../lib/request-log/postgres/layer-postgres.ts"
import type { LogLimits } from "../../../lib/request-log/memory/memory-log.ts"
import type { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import { start } from "../any-record.ts"
import type { Conditions, UseLog } from "../conformance/use-log.ts"

/** The database of the process, which the cases use one after the other. */
export const url = process.env["BASEGATE_TEST_DATABASE"] ?? ""

let shared: PostgresDatabase | undefined

/** The database itself. */
export const database = (): PostgresDatabase => shared ??= connectPostgres(Redacted.make(url))

const logTables = ["entry", "detail", "hourly", "hourly_token", "hourly_division", "scope"].map((name) =>
  `basegate.${name}`
)
  .join()

/** Takes out all that the log has. */
export const emptied = async (): Promise<void> => {
  const [found] = await database().query("SELECT to_regclass('basegate.log_version') IS NOT NULL AS found")
  if (found?.["found"] === true) await database().query(`TRUNCATE ${logTables} RESTART IDENTITY`)
}

/** Uses the log as it is. */
export const useLog = <A, E>(
  { gateways = { "*": {} }, bounds }: Conditions,
  use: Effect.Effect<A, E, RequestLog>,
  open: (limitsOf: (account: string, gateway: string) => LogLimits | undefined) => Promise<PostgresLog> = (
    limitsOf,
  ) =>
    // What is closed at the end is not the database that the cases share.
    Promise.resolve(makePostgresLog({ ...database(), close: () => Promise.resolve() }, limitsOf)),
): Promise<A> => {
  const layer = Layer.provide(
    layerPostgresLog(open, "postgres://test", bounds),
    Settings.layerOf(Result.getOrThrow(readSettings({ BASEGATE_CONFIG: JSON.stringify({ gateways }) }))),
  )
  return Effect.runPromise(
    Effect.andThen(TestClock.setTime(start), Effect.provide(use, layer)).pipe(
      Effect.provide(TestClock.layer()),
    ),
  )
}

/** The same of a log that nobody has used before. */
export const useEmptyLog: UseLog = async (conditions, use) => {
  await emptied()
  return await useLog(conditions, use)
}
