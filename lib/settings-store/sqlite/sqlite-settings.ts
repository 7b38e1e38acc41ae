/**
 * Written settings in the file that `BASEGATE_DB` names, if the runtime has SQLite, else in memory.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../../config/Settings.ts"
import type { OpenDatabase } from "../../sqlite/database.ts"
import { SettingsStore } from "../SettingsStore.ts"
import { makeFileSettings } from "./file-settings.ts"

/**
 * In the file that the settings name, otherwise in memory.
 *
 * @param find returns SQLite if the runtime has it; called only if the settings name a file
 * @param every runs something at an interval in milliseconds, and returns a function that stops it; must not keep the
 * process running
 */
export const layerSqliteSettings = (
  find: () => OpenDatabase | undefined,
  every: (milliseconds: number, run: () => void) => () => void,
): Layer.Layer<SettingsStore, never, Settings> =>
  Layer.unwrap(Effect.map(Settings, ({ logFile }) => {
    const open = logFile === undefined ? undefined : find()
    if (open === undefined || logFile === undefined) return SettingsStore.layerMemory
    return Layer.effect(
      SettingsStore,
      Effect.gen(function* () {
        const store = makeFileSettings(open, logFile, every)
        yield* Effect.addFinalizer(() => Effect.sync(store.close))
        return store
      }),
    )
  }))
