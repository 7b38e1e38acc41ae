/**
 * The gateway's settings as a service.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { SettingsShape } from "./settings-shape.ts"

const SettingsKey: Context.ServiceClass<Settings, "basegate/config/Settings", SettingsShape> = Context
  .Service<Settings, SettingsShape>()("basegate/config/Settings")

/** The operator's settings; see this folder's README. */
export class Settings extends SettingsKey {
  /** Settings that were decoded already. */
  static readonly layerOf = (settings: SettingsShape): Layer.Layer<Settings> =>
    Layer.succeed(Settings, settings)
}
