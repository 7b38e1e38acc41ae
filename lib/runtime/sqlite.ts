/**
 * SQLite as Bun, Deno and Node (from 22.13 without a flag) have it: `node:sqlite`.
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

/** Looked up by name at run time: an import would fail the whole module where it is missing. */
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
    // The log names callers and may hold bodies: only the owner may read a file that is made here.
    const { openSync, closeSync } = builtin("node:fs")
    if (file !== ":memory:") closeSync(openSync(file, "a", 0o600))
    return new sqlite.DatabaseSync(file)
  }
}
