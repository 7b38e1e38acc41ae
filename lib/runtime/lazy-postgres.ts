/**
 * The engine of Postgres, which is loaded when it is first used: gateways without one do not pay for it.
 *
 * @module
 */
import type { PostgresEngine } from "./postgres-layers.ts"

/** Not a literal where it is imported: bundlers would take it along. `npm run build` puts the built one's name here. */
const engine = "./postgres-engine.ts"

/** Loads it. */
export const loadPostgres = async (): Promise<PostgresEngine> => await import(engine) as PostgresEngine
