/**
 * SQLite by `node:sqlite`, which Bun, Deno and Node (from 22.13 without a flag) have.
 *
 * @module
 */
import type { Database, OpenDatabase } from "../sqlite/database.ts"
import { mayUse } from "./deno-permissions.ts"

interface Modules {
  (name: "node:sqlite"): { readonly DatabaseSync: new (file: string) => Database } | undefined
  (name: "node:fs"): {
    readonly openSync: (file: string, flags: "a", mode: number) => number
    readonly closeSync: (descriptor: number) => void
  }
}

const self = globalThis as { readonly process?: { readonly getBuiltinModule?: Modules } }

/** Looked up at run time: where it is missing, an import would fail the whole module. */
export const findSqlite = (): OpenDatabase | undefined => {
  const builtin = self.process?.getBuiltinModule
  const sqlite = builtin?.("node:sqlite")
  if (builtin === undefined || sqlite === undefined) return undefined
  return (file) => {
    if (file !== ":memory:" && !mayUse(file)) {
      throw new Error(
        "Deno does not let the gateway use it: start it with --allow-read and --allow-write (-RW)",
      )
    }
    // The log names callers and may contain bodies, so only the owner may read a file that is created here.
    const { openSync, closeSync } = builtin("node:fs")
    if (file !== ":memory:") closeSync(openSync(file, "a", 0o600))
    return new sqlite.DatabaseSync(file)
  }
}
