/**
 * The settings that are written through the management API, in a Durable Object.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Database } from "../../sqlite/database.ts"
import type { AuditPage, AuditQuery } from "../../settings-store/audit-entry.ts"
import type { Saving, StoredDocument, StoreProblem } from "../../settings-store/SettingsStore.ts"
import { makeFileSettings } from "../../settings-store/sqlite/file-settings.ts"
import type { Awaitable } from "../../time/awaitable.ts"

/** An answer as it is sent. */
export type Sent<A> = { readonly done: A } | { readonly problem: StoreProblem }

/** What the object does. */
export interface SettingsObject {
  /** @param known the version that the caller has: if it is the newest, its document is not sent again */
  readonly load: (known: number) => Sent<Partial<StoredDocument>>
  readonly save: (saving: Saving) => Sent<number>
  readonly audit: (query: AuditQuery) => Sent<AuditPage>
}

/** The store of a file answers at once. */
const sent = <A>(answer: Awaitable<Result.Result<A, StoreProblem>>): Sent<A> => {
  if (answer instanceof Promise) throw new Error("an object answers at once")
  return Result.isSuccess(answer) ? { done: answer.success } : { problem: answer.failure }
}

/** Prepares the settings in a database. */
export const makeSettingsObject = (database: Database): SettingsObject => {
  const store = makeFileSettings(() => database, "", () => () => {})
  return {
    load: (known) => {
      const loaded = sent(store.load())
      return "done" in loaded && known > 0 && loaded.done.version === known
        ? { done: { version: known } }
        : loaded
    },
    save: (saving) => sent(store.save(saving)),
    audit: (query) => sent(store.audit(query)),
  }
}
