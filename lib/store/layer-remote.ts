/**
 * The store whose counts are in an engine across a network, as a layer.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { plainClock } from "../time/clock.ts"
import { Timer } from "../time/Timer.ts"
import { makeRemoteStore, type RemoteStoreOptions } from "./remote-store.ts"
import type { Engine } from "./engine.ts"
import { Store } from "./Store.ts"

/** The options of such a store. */
export type RemoteOptions = Omit<RemoteStoreOptions, "engine" | "clock" | "startTimer">

/**
 * The store over an engine, which is closed with the layer.
 *
 * @param makeEngine receives this process's clock, in milliseconds since 1970
 */
export const layerOverEngine = (
  makeEngine: (wall: () => number) => Engine,
  options: RemoteOptions = {},
): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.gen(function* () {
      const startTimer = yield* Timer
      const clock = yield* plainClock
      const { store, end } = makeRemoteStore({
        ...options,
        engine: makeEngine(clock.wall),
        clock,
        startTimer,
      })
      yield* Effect.addFinalizer(() => Effect.promise(end))
      return store
    }),
  )
