/**
 * The gateway's settings as a service.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { SettingsShape } from "./environment.ts"

/** What the operator asked for; see the README's table of variables. */
export class Settings extends Context.Service<Settings, SettingsShape>()("basegate/config/Settings") {
  /** Settings that were decoded already. */
  static readonly layerOf = (settings: SettingsShape): Layer.Layer<Settings> =>
    Layer.succeed(Settings, settings)
}
