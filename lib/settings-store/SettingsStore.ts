/**
 * Keeps the settings that are written through the management API.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import type { Awaitable } from "../time/awaitable.ts"
import type { AuditEntry, AuditPage, AuditQuery } from "./audit-entry.ts"
import { makeMemorySettings } from "./memory-settings.ts"

/** A document as text, which the store does not look into. */
export interface StoredDocument {
  /** Empty if nothing was ever written. */
  readonly document: string
  /** Counts what was saved; 0 if nothing was ever written. */
  readonly version: number
}

/** A document that is to take the place of the one with a version. */
export interface Saving {
  readonly document: string
  readonly ifVersion: number
  /** Kept with the document, or not at all. */
  readonly audit: AuditEntry
}

/** Why a store did not do what it was asked. */
export interface StoreProblem {
  /** `conflict`: the document has another version by now; `busy`: worth trying again at once. */
  readonly reason: "conflict" | "busy" | "unavailable"
  /** For the operator; without secrets. */
  readonly detail: string
}

/**
 * What `SettingsStore` does. Nothing throws or rejects. Answers may be promises; on Workers each request makes its own, and
 * waits for no other request's.
 */
export interface SettingsStoreShape {
  /**
   * Whether nothing may be served before it was read once: where others write as well, a gateway that has never read it may
   * lack limits and tokens.
   */
  readonly isNeeded?: boolean
  /** The variable or binding that names it; `BASEGATE_DB` unless it says otherwise. */
  readonly place?: string
  /** How long a document may be, in bytes; unless it says so, as long as any may be. */
  readonly mostBytes?: number
  /**
   * How long what was loaded holds, in milliseconds, if a store cannot report other writers: from `renew` on it is asked
   * beside a request, from `expire` on before one is answered.
   */
  readonly lifetime?: { readonly renew: number; readonly expire: number }
  /** The newest document, by any writer. */
  readonly load: () => Awaitable<Result.Result<StoredDocument, StoreProblem>>
  /**
   * Saves a document whole, with its audit entry, and answers its version. Whatever ends the process meanwhile, `load`
   * then finds either this document or the one before.
   */
  readonly save: (saving: Saving) => Awaitable<Result.Result<number, StoreProblem>>
  /** A page of the audit, which keeps the newest entries. */
  readonly audit: (query: AuditQuery) => Awaitable<Result.Result<AuditPage, StoreProblem>>
  /**
   * Calls back, in less than a second, when another process has saved a document; too often does no harm.
   *
   * @returns stops that
   */
  readonly changes: (changed: () => void) => () => void
}

const SettingsStoreKey: Context.ServiceClass<
  SettingsStore,
  "basegate/settings-store/SettingsStore",
  SettingsStoreShape
> = Context.Service<SettingsStore, SettingsStoreShape>()("basegate/settings-store/SettingsStore")

/** Keeps one document with a version. Layers build without waiting. */
export class SettingsStore extends SettingsStoreKey {
  /** In memory; lost when the process ends, and unknown to other processes. */
  static readonly layerMemory: Layer.Layer<SettingsStore> = Layer.sync(
    SettingsStore,
    makeMemorySettings,
  )
}
