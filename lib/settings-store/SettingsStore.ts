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

/** A document as text, which the store does not interpret. */
export interface StoredDocument {
  /** Empty if nothing was ever written. */
  readonly document: string
  /** The number of times it was saved; 0 if nothing was ever written. */
  readonly version: number
}

/** A document that replaces the one with a given version. */
export interface Saving {
  readonly document: string
  readonly ifVersion: number
  /** Kept with the document, or not at all. */
  readonly audit: AuditEntry
}

/** Why a store could not read or save a document. */
export interface StoreProblem {
  /** `conflict`: the document has another version by now; `busy`: worth trying again at once. */
  readonly reason: "conflict" | "busy" | "unavailable"
  /** For the operator; without secrets. */
  readonly detail: string
}

/**
 * What `SettingsStore` does. No method throws or rejects. Answers may be promises; on Workers each request makes its
 * own, and never waits for another's.
 */
export interface SettingsStoreShape {
  /**
   * Whether requests must wait until it has been read once: if others write to it as well, a gateway that has never
   * read it may lack limits and tokens.
   */
  readonly isNeeded?: boolean
  /** The variable or binding that names it; `BASEGATE_DB` by default. */
  readonly place?: string
  /** The longest document, in bytes; by default only the general limit applies. */
  readonly mostBytes?: number
  /**
   * How long a loaded document is good for, in milliseconds, if the store cannot report other writers: after `renew`
   * it is loaded again in the background of a request, after `expire` before the request is answered.
   */
  readonly lifetime?: { readonly renew: number; readonly expire: number }
  /** The newest document, by any writer. */
  readonly load: () => Awaitable<Result.Result<StoredDocument, StoreProblem>>
  /**
   * Saves a document and its audit entry atomically, and returns its version. Even if the process is killed
   * meanwhile, `load` finds either this document or the previous one.
   */
  readonly save: (saving: Saving) => Awaitable<Result.Result<number, StoreProblem>>
  /** A page of the audit, which keeps the newest entries. */
  readonly audit: (query: AuditQuery) => Awaitable<Result.Result<AuditPage, StoreProblem>>
  /**
   * Calls back within a second after another process has saved a document. Extra calls do no harm.
   *
   * @returns a function that unsubscribes
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
