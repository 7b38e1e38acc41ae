/**
 * Written settings in the Postgres that `BASEGATE_DB` names.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { causeText } from "../../postgres/database.ts"
import { SettingsStore, type StoreProblem } from "../SettingsStore.ts"
import type { PostgresSettings } from "./postgres-settings.ts"

/** How often the version is read from the database, in milliseconds. */
const interval = 500

/**
 * In Postgres. Polls for other writers' changes, since `LISTEN` needs a dedicated connection, which poolers do not
 * keep.
 *
 * @param open loads the engine without connecting it
 * @param every runs something at an interval in milliseconds, and returns a function that stops it; must not keep the
 * process running
 */
export const layerPostgresSettings = (
  open: () => Promise<PostgresSettings>,
  every: (milliseconds: number, run: () => void) => () => void,
): Layer.Layer<SettingsStore> =>
  Layer.effect(
    SettingsStore,
    Effect.gen(function* () {
      let opened: Promise<PostgresSettings> | undefined
      const engine = (): Promise<PostgresSettings> => opened ??= open()
      const use = async <A>(
        run: (found: PostgresSettings) => Promise<Result.Result<A, StoreProblem>>,
      ): Promise<Result.Result<A, StoreProblem>> => {
        try {
          return await run(await engine())
        } catch (cause) {
          opened = undefined
          return Result.fail({ reason: "unavailable", detail: causeText(cause) })
        }
      }
      /** The version last read or written here: any other one in the database is another writer's. */
      let known: number | undefined
      let isAsking = false

      yield* Effect.addFinalizer(() =>
        Effect.promise(async () => await (await opened?.catch(() => undefined))?.close())
      )
      return SettingsStore.of({
        isNeeded: true,
        load: async () => {
          const loaded = await use((found) => found.load())
          if (Result.isSuccess(loaded)) known = loaded.success.version
          return loaded
        },
        save: async (saving) => {
          const saved = await use((found) => found.save(saving))
          if (Result.isSuccess(saved)) known = saved.success
          return saved
        },
        audit: (query) => use((found) => found.audit(query)),
        changes: (changed) =>
          every(interval, () => {
            if (isAsking) return
            isAsking = true
            void engine().then((found) => found.version()).then((version) => {
              if (version !== undefined && version !== known) changed()
            }).catch(() => {}).finally(() => isAsking = false)
          }),
      })
    }),
  )
