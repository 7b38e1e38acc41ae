/**
 * The store in Redis as a layer.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { plainClock } from "../../time/clock.ts"
import { Timer } from "../../time/Timer.ts"
import { Store } from "../Store.ts"
import type { RedisLink } from "./redis-link.ts"
import { makeRedisStore, type RedisStoreOptions } from "./make-redis-store.ts"

/** The store over a link, which is closed with it. */
export const layerOverLink = (
  makeLink: () => RedisLink,
  options: Omit<RedisStoreOptions, "link" | "clock" | "startTimer"> = {},
): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.gen(function* () {
      const startTimer = yield* Timer
      const { store, end } = makeRedisStore({
        ...options,
        link: makeLink(),
        clock: yield* plainClock,
        startTimer,
      })
      yield* Effect.addFinalizer(() => Effect.promise(end))
      return store
    }),
  )
