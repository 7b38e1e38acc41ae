/**
 * `basegate/postgres`: the log, written settings and counts in a Postgres, for an app that embeds the gateway.
 *
 * ```ts ignore
 * import { createGateway } from "basegate"
 * import { layersPostgres } from "basegate/postgres"
 *
 * const gateway = createGateway({ ...layersPostgres({ url: "postgres://127.0.0.1/basegate" }) })
 * ```
 *
 * @module
 */
import { databaseSettings, expectedDatabase, isDatabase } from "../config/database-settings.ts"
import * as engine from "./postgres-engine.ts"
import { type PostgresLayers, postgresLayers } from "./postgres-layers.ts"

export { openPostgresCounts, openPostgresLog, openPostgresSettings } from "./postgres-engine.ts"

/** Where the database is. */
export interface PostgresOptions {
  /** `postgres://user:password@host/database`, as `BASEGATE_DB` takes it. */
  readonly url: string
}

/**
 * Options of `createGateway` that keep the log, written settings and counts in a database. Throws if the URL is not
 * one. Nothing is connected before there is something to write or to read.
 */
export const layersPostgres = ({ url }: PostgresOptions): PostgresLayers => {
  const { database } = isDatabase(url) ? databaseSettings(url) : {}
  if (database === undefined) throw new Error(`layersPostgres: url: expected ${expectedDatabase}`)
  return postgresLayers(database, () => Promise.resolve(engine))
}
