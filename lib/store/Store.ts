/**
 * The narrow place for state that outlives a request: counters of limits, bytes of cached answers.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Awaitable } from "../time/awaitable.ts"
import { type PlainClock, plainClock } from "../time/clock.ts"
import type { Addition } from "./addition.ts"
import { makeMemory, type MemoryOptions } from "./memory.ts"

/** How far counts hold: within one process (on Workers: one isolate), or across all that share the store. */
export type Guarantee = "local" | "global"

/**
 * What `Store` does. An engine in memory answers at once, one across a network with a promise; a promise must not
 * reject.
 */
export interface StoreShape {
  readonly guarantee: Guarantee
  /**
   * Makes additions, and gives the sum of each counter after its own; 0 for one that is only read and does not exist, or
   * has expired. Each addition is atomic: of two at once, one sees the other. Together they need not be, so that an
   * engine across a network can do all of them in one round trip.
   */
  readonly add: (additions: ReadonlyArray<Addition>) => Awaitable<ReadonlyArray<number>>
  /** The bytes under a key, unless they expired or had to make room. The caller must not change them. */
  readonly get: (key: string) => Awaitable<Uint8Array<ArrayBuffer> | undefined>
  /** Keeps bytes for `ttl` milliseconds at most. They belong to the store from now on. */
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) => Awaitable<void>
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
  /** In memory, bounded; lost when the process ends. Answers at once. */
  static readonly layerMemory = (options?: MemoryOptions): Layer.Layer<Store> =>
    Layer.effect(Store, Effect.map(plainClock, (clock) => storeInMemory(clock, options)))
}

/** The store of `Store.layerMemory`. */
export const storeInMemory = ({ now, wall }: PlainClock, options?: MemoryOptions): StoreShape => {
  const memory = makeMemory(options)
  return {
    guarantee: "local",
    // Counters stand for windows of the clock on the wall, and must last as long as those do.
    add: (additions) => memory.add(additions, wall()),
    get: (key) => memory.get(key, now()),
    set: (key, value, ttl) => memory.set(key, value, ttl, now()),
  }
}
