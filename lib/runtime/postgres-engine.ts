/**
 * What is loaded if `BASEGATE_DB` names a Postgres: its client, and everything that uses it.
 *
 * It may be bundled with a copy of Effect of its own, which cannot read the other's redacted values; URLs are
 * therefore passed as text.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { connectPostgres } from "../postgres/connect.ts"
import { makePostgresLog, type PostgresLog } from "../request-log/postgres/engine.ts"
import type { LogLimits } from "../request-log/memory/memory-log.ts"
import { makePostgresCounts } from "../store/postgres/postgres-counts.ts"
import type { Engine } from "../store/engine.ts"
import { makePostgresSettings, type PostgresSettings } from "../settings-store/postgres/postgres-settings.ts"

/** The log in a database, without connecting to it. */
export const openPostgresLog = (
  url: string,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
): PostgresLog => makePostgresLog(connectPostgres(Redacted.make(url)), limitsOf)

/** Written settings in a database, without connecting to it. */
export const openPostgresSettings = (url: string): PostgresSettings =>
  makePostgresSettings(connectPostgres(Redacted.make(url), { connections: 2, deadline: 5000 }))

/** The counts in a database, without connecting to it. `wall` is this process's clock, in milliseconds since 1970. */
export const openPostgresCounts = (url: string, name: string, wall: () => number): Engine =>
  makePostgresCounts(connectPostgres(Redacted.make(url), { inOrder: true, deadline: 10_000 }), name, wall)
