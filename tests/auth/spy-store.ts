/** A store whose keys a test can read. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "../../lib/store/Store.ts"

/** In memory; every key that is used is noted. */
export const notedStore = (keys: Array<string>): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.map(Store, (inner) => {
      const noted = <A extends ReadonlyArray<unknown>, B>(use: (key: string, ...rest: A) => B) =>
      (
        key: string,
        ...rest: A
      ): B => {
        keys.push(key)
        return use(key, ...rest)
      }
      return Store.of({
        ...inner,
        add: (additions) => {
          for (const { counter } of additions) keys.push(counter.key)
          return inner.add(additions)
        },
        get: noted(inner.get),
        set: noted(inner.set),
      })
    }),
  ).pipe(Layer.provide(Store.layerMemory()))
