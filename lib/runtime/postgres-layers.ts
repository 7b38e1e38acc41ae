/**
 * The layers for everything that is kept in a Postgres.
 *
 * @module
 */
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { DatabaseSettings } from "../config/database-settings.ts"
import type { Settings } from "../config/Settings.ts"
import { layerPostgresLog } from "../request-log/postgres/layer-postgres.ts"
import type { RequestLog } from "../request-log/RequestLog.ts"
import { layerPostgresSettings } from "../settings-store/postgres/layer-postgres-settings.ts"
import type { SettingsStore } from "../settings-store/SettingsStore.ts"
import { layerOverEngine } from "../store/layer-remote.ts"
import { lazyEngine } from "../store/postgres/lazy-engine.ts"
import type { Store } from "../store/Store.ts"
import { everyInBackground } from "./background-interval.ts"

/** The default deadline for counts, in milliseconds: charges wait for the disk, which may be busy. */
const usualDeadline = 250

/** The client, and everything that uses it. */
export type PostgresEngine = typeof import("./postgres-engine.ts")

/** The layers over a database. */
export interface PostgresLayers {
  readonly log: Layer.Layer<RequestLog, never, Settings>
  readonly settings: Layer.Layer<SettingsStore>
  readonly store: Layer.Layer<Store>
}

/** Creates the layers. The engine is loaded when there is something to write or to read. */
export const postgresLayers = (
  { url, name, timeout: deadline = usualDeadline }: DatabaseSettings,
  load: () => Promise<PostgresEngine>,
): PostgresLayers => ({
  log: layerPostgresLog(
    async (limitsOf) => (await load()).openPostgresLog(Redacted.value(url), limitsOf),
    name,
  ),
  settings: layerPostgresSettings(
    async () => (await load()).openPostgresSettings(Redacted.value(url)),
    everyInBackground,
  ),
  store: layerOverEngine(
    (wall) =>
      lazyEngine(name, async () => (await load()).openPostgresCounts(Redacted.value(url), name, wall), wall),
    { deadline },
  ),
})
