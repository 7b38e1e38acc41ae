/**
 * Written settings in the memory of a process.
 *
 * @module
 */
import * as Result from "effect/Result"
import { type AuditEntry, isAsked } from "./audit-entry.ts"
import type { SettingsStoreShape } from "./SettingsStore.ts"

/** How many audit entries are kept. */
const mostEntries = 1000

/** Creates an empty store. */
export const makeMemorySettings = (): SettingsStoreShape => {
  let stored = { document: "", version: 0 }
  const entries: Array<AuditEntry> = []
  return {
    load: () => Result.succeed(stored),
    save: ({ document, ifVersion, audit }) => {
      if (ifVersion !== stored.version) {
        return Result.fail({ reason: "conflict", detail: "another writer was first" })
      }
      stored = { document, version: ifVersion + 1 }
      entries.unshift(audit)
      if (entries.length > mostEntries) entries.pop()
      return Result.succeed(stored.version)
    },
    audit: (query) => {
      const { page, perPage } = query
      const found = entries.filter((entry) => isAsked(query, entry))
      return Result.succeed({
        entries: found.slice((page - 1) * perPage, page * perPage),
        total: found.length,
      })
    },
    changes: () => () => {},
  }
}
