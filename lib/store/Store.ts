/**
 * The narrow place for state that outlives a request: counters of limits, bytes of cached answers.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { monotonicBy } from "../time/monotonic.ts"
import { type Counter, makeMemory, type MemoryOptions } from "./memory.ts"

/** How far counts hold: within one process (on Workers: one isolate), or across all that share the store. */
export type Guarantee = "local" | "global"

/** What `Store` does. */
export interface StoreShape {
  readonly guarantee: Guarantee
  /**
   * Adds to a counter and gives the sum. Atomic: of two additions at once, one sees the other.
   *
   * @param by may be negative, or a fraction
   * @param ttl how long the counter lives, in milliseconds, from its first addition; later ones don't prolong it
   */
  readonly add: (counter: Counter, by: number, ttl: number) => Effect.Effect<number>
  /** The sum of a counter; 0 where there is none, or where it expired. */
  readonly count: (counter: Counter) => Effect.Effect<number>
  /** The bytes under a key, unless they expired or had to make room. The caller must not change them. */
  readonly get: (key: string) => Effect.Effect<Uint8Array<ArrayBuffer> | undefined>
  /** Keeps bytes for `ttl` milliseconds at most. They belong to the store from now on. */
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) => Effect.Effect<void>
}

const StoreKey: Context.ServiceClass<Store, "basegate/store/Store", StoreShape> = Context.Service<
  Store,
  StoreShape
>()("basegate/store/Store")

/**
 * Counters and bytes by key.
 *
 * Keys are harmless when they come here: ids from the settings, or digests of whatever a caller chose. Nothing
 * fails: a store that cannot be reached must decide itself what it answers, and say so where it is made.
 */
export class Store extends StoreKey {
  /** In memory, bounded; lost when the process ends. */
  static readonly layerMemory = (options?: MemoryOptions): Layer.Layer<Store> =>
    Layer.sync(Store, () => {
      const memory = makeMemory(options)
      // Counters stand for windows of the clock on the wall, and must last as long as those do.
      const at = <A>(use: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, use)
      const lasting = <A>(use: (now: number) => A): Effect.Effect<A> =>
        Clock.clockWith((clock) => Effect.succeed(use(monotonicBy(clock))))
      return Store.of({
        guarantee: "local",
        add: (counter, by, ttl) => at((now) => memory.add(counter, by, ttl, now)),
        count: (counter) => at((now) => memory.count(counter, now)),
        get: (key) => lasting((now) => memory.get(key, now)),
        set: (key, value, ttl) => lasting((now) => memory.set(key, value, ttl, now)),
      })
    })
}
