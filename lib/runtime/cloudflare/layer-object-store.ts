/**
 * The store of counts in Durable Objects, as a layer.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { MemoryOptions } from "../../store/memory.ts"
import { makeRemoteStore } from "../../store/remote-store.ts"
import { Store } from "../../store/Store.ts"
import { plainClock } from "../../time/clock.ts"
import { Timer } from "../../time/Timer.ts"
import type { ObjectNamespace } from "./ask-object.ts"
import { objectEngine } from "./object-engine.ts"

/**
 * How long an answer may take, in milliseconds: an object may be on another continent, and has to wake up after a pause.
 */
const deadline = 1000

/** Counts in objects, cached answers in the memory of the isolate. */
export const layerObjectStore = (namespace: ObjectNamespace, memory: MemoryOptions): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.gen(function* () {
      const clock = yield* plainClock
      const { store, end } = makeRemoteStore({
        ...memory,
        engine: objectEngine(namespace, clock.wall),
        clock,
        startTimer: yield* Timer,
        deadline,
        hasBackground: false,
      })
      yield* Effect.addFinalizer(() => Effect.promise(end))
      return store
    }),
  )
