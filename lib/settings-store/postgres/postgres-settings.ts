/**
 * Written settings in the Postgres of `BASEGATE_DB`.
 *
 * @module
 */
import * as Result from "effect/Result"
import { causeText, type PostgresDatabase, PostgresProblem, type Query } from "../../postgres/database.ts"
import { ensureSchema, hasTable } from "../../postgres/own-schema.ts"
import type { AuditEntry, AuditPage, AuditQuery } from "../audit-entry.ts"
import type { Saving, StoredDocument, StoreProblem } from "../SettingsStore.ts"

/** How many audit entries are kept. */
const mostEntries = 10_000

const tables = [
  `CREATE TABLE basegate.settings (
    id int PRIMARY KEY CHECK (id = 1), version bigint NOT NULL, document text NOT NULL
  )`,
  `CREATE TABLE basegate.settings_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    gateway text,
    at text COLLATE "C" NOT NULL,
    who text NOT NULL,
    kind text NOT NULL,
    resource text NOT NULL,
    entry text NOT NULL
  )`,
  "CREATE INDEX settings_audit_account ON basegate.settings_audit (account, gateway, id)",
]

/** The condition of a query of the audit, with parameters in the order of `auditValues`. */
const asked = "account = $1::text" +
  ["gateway = ", "at >= ", "at < ", "who = ", "kind = ", "resource = "]
    .map((test, index) => ` AND ($${index + 2}::text IS NULL OR ${test}$${index + 2}::text)`).join("")

const auditValues = (
  { account, gateway, since, until, who, kind, resource }: AuditQuery,
): ReadonlyArray<string | null> => [
  account,
  ...[gateway, since, until, who, kind, resource].map((value) => value ?? null),
]

/** What `SettingsStore` needs of a database. No method rejects. */
export interface PostgresSettings {
  readonly load: () => Promise<Result.Result<StoredDocument, StoreProblem>>
  readonly save: (saving: Saving) => Promise<Result.Result<number, StoreProblem>>
  readonly audit: (query: AuditQuery) => Promise<Result.Result<AuditPage, StoreProblem>>
  /** The version of the newest document; `undefined` if it cannot be read. */
  readonly version: () => Promise<number | undefined>
  readonly close: () => Promise<void>
}

const problemOf = (cause: unknown): StoreProblem => ({
  reason: cause instanceof PostgresProblem && cause.isPassing ? "busy" : "unavailable",
  detail: causeText(cause),
})

const newest = async (query: Query, lock = ""): Promise<StoredDocument> => {
  const [row] = await query(`SELECT version::float8 AS version, document FROM basegate.settings${lock}`)
  return { document: String(row?.["document"] ?? ""), version: Number(row?.["version"] ?? 0) }
}

/** Creates the store of a database, whose tables are created at its first use. */
export const makePostgresSettings = (database: PostgresDatabase): PostgresSettings => {
  let prepared: Promise<void> | undefined
  const prepare = async (): Promise<void> => {
    if (await hasTable(database.query, "settings")) return
    await database.transaction(async (query) => {
      await ensureSchema(query)
      if (await hasTable(query, "settings")) return
      for (const table of tables) await query(table)
    })
  }
  const use = async <A>(run: () => Promise<A>): Promise<Result.Result<A, StoreProblem>> => {
    try {
      await (prepared ??= prepare())
      return Result.succeed(await run())
    } catch (cause) {
      prepared = undefined
      return Result.fail(problemOf(cause))
    }
  }
  const write = (query: Query, { document, ifVersion, audit }: Saving): Promise<unknown> =>
    query(
      `WITH kept AS (
         INSERT INTO basegate.settings_audit (account, gateway, at, who, kind, resource, entry)
         VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text) RETURNING id
       ), forgotten AS (
         DELETE FROM basegate.settings_audit WHERE id <= (SELECT max(id) FROM kept) - ${mostEntries}
       )
       INSERT INTO basegate.settings (id, version, document) VALUES (1, $8::text::bigint, $9::text)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, document = excluded.document`,
      [
        audit.account_id,
        audit.gateway_id,
        audit.when,
        audit.who,
        audit.kind,
        audit.resource_id,
        JSON.stringify(audit),
        String(ifVersion + 1),
        document,
      ],
    )

  return {
    load: () => use(() => newest(database.query)),
    save: async (saving) => {
      const saved = await use(() =>
        database.transaction(async (query) => {
          // If two gateways write the first document at once, there is no row to lock.
          await query("LOCK TABLE basegate.settings IN SHARE ROW EXCLUSIVE MODE")
          if ((await newest(query)).version !== saving.ifVersion) return undefined
          await write(query, saving)
          return saving.ifVersion + 1
        })
      )
      if (Result.isFailure(saved)) return Result.fail(saved.failure)
      return saved.success === undefined
        ? Result.fail({ reason: "conflict", detail: "another writer was first" })
        : Result.succeed(saved.success)
    },
    audit: (query) =>
      use(async () => {
        const { page, perPage } = query
        const values = auditValues(query)
        const [rows, counted] = await Promise.all([
          database.query(
            `SELECT entry FROM basegate.settings_audit WHERE ${asked} ORDER BY id DESC
             LIMIT ${perPage} OFFSET ${(page - 1) * perPage}`,
            values,
          ),
          database.query(
            `SELECT count(*)::float8 AS total FROM basegate.settings_audit WHERE ${asked}`,
            values,
          ),
        ])
        return {
          entries: rows.map(({ entry }) => JSON.parse(String(entry)) as AuditEntry),
          total: Number(counted[0]?.["total"]),
        }
      }),
    version: async () => {
      const found = await use(() =>
        database.query("SELECT version::float8 AS version FROM basegate.settings")
      )
      return Result.isSuccess(found) ? Number(found.success[0]?.["version"] ?? 0) : undefined
    },
    close: database.close,
  }
}
