/**
 * Written settings in a Durable Object, as a layer.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { SettingsStore, type StoredDocument, type StoreProblem } from "../../settings-store/SettingsStore.ts"
import { StoreOutage } from "../../store/store-outage.ts"
import { guardObject } from "./guard-object.ts"
import type { Sent, SettingsObject } from "./settings-object.ts"
import { askObject, type ObjectNamespace } from "./ask-object.ts"

/** How long an answer may take, in milliseconds. */
const deadline = 2000

/** A row of an object's SQLite has at most 2 MB, and holds more than the document. */
const mostBytes = 1_900_000

const received = <A>(answer: Sent<A> | StoreOutage): Result.Result<A, StoreProblem> =>
  answer instanceof StoreOutage
    ? Result.fail({ reason: "unavailable", detail: answer.detail })
    : "done" in answer
    ? Result.succeed(answer.done)
    : Result.fail(answer.problem)

/** In one object for all isolates, which poll it for newer documents. */
export const layerObjectSettings = (namespace: ObjectNamespace): Layer.Layer<SettingsStore> =>
  Layer.effect(
    SettingsStore,
    Effect.gen(function* () {
      const guard = yield* guardObject("written settings", deadline)
      const object = askObject<SettingsObject>(namespace, "settings")
      let known: StoredDocument = { document: "", version: 0 }
      return SettingsStore.of({
        place: "BASEGATE_OBJECTS",
        mostBytes,
        lifetime: { renew: 1000, expire: 2000 },
        load: async () =>
          Result.map(
            received(await guard.ask(() => object("load", known.version))),
            ({ document, version = 0 }) => {
              if (document === undefined) return known
              const stored = { document, version }
              if (version > known.version) known = stored
              return stored
            },
          ),
        save: async (saving) => received(await guard.ask(() => object("save", saving))),
        audit: async (query) => received(await guard.ask(() => object("audit", query))),
        changes: () => () => {},
      })
    }),
  )
