/**
 * Changes the settings of a gateway while it runs.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type { Declaration, SettingsProblem } from "./declaration.ts"
import type { GatewayOrigins } from "./setting-origins.ts"

/** Entries that were written through the management API. */
export interface ManagedSettings {
  /** By `{account_id}/{gateway_id}`, each as it is written. A declared entry of the same id is used in place of it. */
  readonly gateways: Readonly<Record<string, unknown>>
  /** The secret that a reference of an entry stands for (`sealed:ID`); `undefined` if there is none. */
  readonly secret: (reference: string) => Redacted.Redacted<string> | undefined
}

/** Which settings hold, and since when. */
export interface SettingsState {
  /** Counts what was put in force: 1 for the first settings. */
  readonly version: number
  /** Where the declared settings are: a file, a variable, an option; empty if nothing is declared. */
  readonly source: string
  /** When the settings in force took effect, in milliseconds since 1970. */
  readonly loadedAt: number
  /** Why the newest settings are not in force; `undefined` if they are. */
  readonly problem: string | undefined
}

type Changed = Result.Result<void, ReadonlyArray<SettingsProblem>>

/** What `SettingsControl` does. A change holds from the next request on; if it fails, the last good settings stay. */
export interface SettingsControlShape {
  /** Puts a document in the place of the one that was declared before. */
  readonly declare: (declaration: Declaration) => Changed
  /** Notes that the newest declared settings cannot be read: `state` says so until the next `declare`. */
  readonly reject: (problems: ReadonlyArray<SettingsProblem>) => void
  /** Puts entries in the place of those that were managed before. */
  readonly manage: (managed: ManagedSettings) => Changed
  /** What `manage` would answer. */
  readonly check: (managed: ManagedSettings) => Changed
  /** Where a gateway has an entry of its own among the declared ones; `undefined` if it has none. */
  readonly declaredAt: (account: string, gateway: string) => string | undefined
  /** Where each setting of a gateway comes from. */
  readonly originsOf: (account: string, gateway: string) => GatewayOrigins
  readonly state: () => SettingsState
}

const SettingsControlKey: Context.ServiceClass<
  SettingsControl,
  "basegate/config/SettingsControl",
  SettingsControlShape
> = Context.Service<SettingsControl, SettingsControlShape>()("basegate/config/SettingsControl")

/** What changes `Settings`. */
export class SettingsControl extends SettingsControlKey {
  /** Over a control that exists already. */
  static readonly layerOf = (control: SettingsControlShape): Layer.Layer<SettingsControl> =>
    Layer.succeed(SettingsControl, control)
}
