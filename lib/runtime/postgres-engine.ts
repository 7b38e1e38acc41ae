/**
 * What is loaded if `BASEGATE_DB` names a Postgres: its client, and everything that uses it.
 *
 * It may be built with an Effect of its own, which knows no redacted values of another: URLs come as text.
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

/** The log in a database, which is not connected to yet. */
export const openPostgresLog = (
  url: string,
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
): PostgresLog => makePostgresLog(connectPostgres(Redacted.make(url)), limitsOf)

/** Written settings in a database, which is not connected to yet. */
export const openPostgresSettings = (url: string): PostgresSettings =>
  makePostgresSettings(connectPostgres(Redacted.make(url), { connections: 2, deadline: 5000 }))

/** The counts in a database, which is not connected to yet. `wall` is this process's clock, in milliseconds since 1970. */
export const openPostgresCounts = (url: string, name: string, wall: () => number): Engine =>
  makePostgresCounts(connectPostgres(Redacted.make(url), { inOrder: true, deadline: 10_000 }), name, wall)
