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
        take: (takes, lease) => {
          for (const { counted } of takes) keys.push(counted.count.name)
          return inner.take(takes, lease)
        },
        charge: (charges) => {
          for (const { counted } of charges) keys.push(counted.count.name)
          return inner.charge(charges)
        },
        get: noted(inner.get),
        set: noted(inner.set),
      })
    }),
  ).pipe(Layer.provide(Store.layerMemory()))
