/**
 * The settings that are written through the management API: read from their store, applied, and changed.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type { Awaitable } from "../time/awaitable.ts"
import { Settings } from "../config/Settings.ts"
import { SettingsControl } from "../config/SettingsControl.ts"
import type { GatewayError } from "../errors.ts"
import type { AuditPage, AuditQuery } from "./audit-entry.ts"
import type { Change, NewSecret } from "./change.ts"
import type { WrittenDocument } from "./document.ts"
import { makeSealer } from "./sealing.ts"
import { SettingsStore } from "./SettingsStore.ts"
import { makeWrittenSettings } from "./make-written-settings.ts"

/** Why requests cannot be answered, as a sentence; `undefined` if they can. */
export type Obstacle = string | undefined

/** What `WrittenSettings` does. */
export interface WrittenSettingsShape {
  /**
   * Whether requests can be answered: a promise while the store is being read, or the reason why its document cannot
   * be applied. Without this check, a gateway would be served as if it had no limits and no tokens.
   *
   * @param waitUntil lets work go on beside the request, if the store must be asked for a newer document
   */
  readonly obstacle: (waitUntil?: (work: Promise<unknown>) => void) => Awaitable<Obstacle>
  /** The same, as far as it is known by now. */
  readonly problem: () => Obstacle
  /** The document that is in force. */
  readonly inForce: () => WrittenDocument
  /** Loads the newest document and puts it in force. Fails if the store cannot be read. */
  readonly newest: () => Promise<Result.Result<WrittenDocument, GatewayError>>
  /**
   * Changes the newest document: saves it with its audit entry, and puts it in force. If it fails, as it does if the
   * resulting document would not be valid, nothing has changed.
   */
  readonly change: (change: Change) => Promise<Result.Result<Response, GatewayError>>
  /** Whether there is a `BASEGATE_SECRET_KEY`. */
  readonly canSeal: boolean
  /** Seals a secret. Fails without `BASEGATE_SECRET_KEY`. */
  readonly seal: (secret: Redacted.Redacted<string>) => Promise<Result.Result<NewSecret, GatewayError>>
  readonly audit: (query: AuditQuery) => Promise<Result.Result<AuditPage, GatewayError>>
}

const WrittenSettingsKey: Context.ServiceClass<
  WrittenSettings,
  "basegate/settings-store/WrittenSettings",
  WrittenSettingsShape
> = Context.Service<WrittenSettings, WrittenSettingsShape>()("basegate/settings-store/WrittenSettings")

/** The written settings of a gateway. */
export class WrittenSettings extends WrittenSettingsKey {
  /** Over the store; changes by other processes are put in force as the store reports them. */
  static readonly layer: Layer.Layer<WrittenSettings, never, Settings | SettingsControl | SettingsStore> =
    Layer.effect(
      WrittenSettings,
      Effect.gen(function* () {
        const { secretKeys } = yield* Settings
        const store = yield* SettingsStore
        const written = makeWrittenSettings(store, yield* SettingsControl, makeSealer(secretKeys))
        const stop = store.changes(written.refresh)
        yield* Effect.addFinalizer(() => Effect.sync(stop))
        return written
      }),
    )
}
