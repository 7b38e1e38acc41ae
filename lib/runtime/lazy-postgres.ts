/**
 * Loads the Postgres engine when it is first used, so that gateways without one do not pay for it.
 *
 * @module
 */
import type { PostgresEngine } from "./postgres-layers.ts"

/**
 * Imported through a constant, since bundlers would include a literal. `npm run build` replaces it with the name of
 * the built file.
 */
const engine = "./postgres-engine.ts"

/** Loads it. */
export const loadPostgres = async (): Promise<PostgresEngine> => await import(engine) as PostgresEngine
