/** A store whose keys a test can read. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "../../lib/store/Store.ts"

/** In memory; every key that is used is noted. */
export const notedStore = (keys: Array<string>): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.map(Store, (inner) => {
      const noted = <K extends string | { readonly key: string }, A extends ReadonlyArray<unknown>, B>(
        use: (key: K, ...rest: A) => B,
      ) =>
      (key: K, ...rest: A): B => {
        keys.push(typeof key === "string" ? key : key.key)
        return use(key, ...rest)
      }
      return Store.of({
        ...inner,
        add: noted(inner.add),
        count: noted(inner.count),
        get: noted(inner.get),
        set: noted(inner.set),
      })
    }),
  ).pipe(Layer.provide(Store.layerMemory()))
