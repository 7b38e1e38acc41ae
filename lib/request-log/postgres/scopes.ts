/**
 * The numbers of gateways in the database, which never change.
 *
 * @module
 */
import type { Query } from "../../postgres/database.ts"
import type { LogScope } from "../entry.ts"

/** Looks gateways up. */
export interface Scopes {
  /** The number of a gateway that has had entries. */
  readonly find: (scope: LogScope) => Promise<number | undefined>
  /** The number of a gateway; a new one if it has none. */
  readonly open: (scope: LogScope) => Promise<number>
  /** All gateways that have had entries, of one account or of all. */
  readonly all: (
    account?: string,
  ) => Promise<ReadonlyArray<LogScope & { readonly id: number; readonly entries: number }>>
}

/** Creates the lookup. */
export const makeScopes = (query: Query): Scopes => {
  const known = new Map<string, number>()
  const find = async ({ account, gateway }: LogScope): Promise<number | undefined> => {
    const key = `${account}/${gateway}`
    const id = known.get(key)
    if (id !== undefined) return id
    const [row] = await query(
      "SELECT id FROM basegate.scope WHERE account = $1::text AND gateway = $2::text",
      [account, gateway],
    )
    if (row === undefined) return undefined
    known.set(key, Number(row["id"]))
    return Number(row["id"])
  }
  return {
    find,
    open: async (scope) => {
      const id = await find(scope)
      if (id !== undefined) return id
      await query(
        "INSERT INTO basegate.scope (account, gateway) VALUES ($1::text, $2::text) ON CONFLICT DO NOTHING",
        [scope.account, scope.gateway],
      )
      return await find(scope) ?? 0
    },
    all: async (account) => {
      const rows = await query(
        `SELECT id, account, gateway, entries::float8 AS entries FROM basegate.scope
         WHERE $1::text IS NULL OR account = $1::text ORDER BY id`,
        [account ?? null],
      )
      return rows.map((row) => ({
        id: Number(row["id"]),
        account: String(row["account"]),
        gateway: String(row["gateway"]),
        entries: Number(row["entries"]),
      }))
    },
  }
}
